/* SPDX-License-Identifier: MIT */
/* Stored responses: found, continued, listed. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "store/stored_responses.h"
#include "tests/unit/support/turns.h"

/* The messages that a turn which continues it starts with. */
static const char *before(struct turns *f, const char *request,
			  const char *previous)
{
	struct store_turn *t = database_turn(f->arena, request, NULL);

	t->previous = previous;
	turns_open(f, t);
	return turns_texts(f, t->messages, t->n_messages);
}

static void refused(struct turns *f, const char *key, const char *previous,
		    const char *why)
{
	struct store_turn *t = database_turn(f->arena, "refused", NULL);
	struct error e = { .kind = ERROR_KINDS };

	t->owner.fingerprint = key;
	t->previous = previous;
	assert_false(store_turn_open(f->store, t, f->arena, &e));
	assert_error(&e, ERROR_PREVIOUS, "previous_response_id");
	assert_contains(e.message, why);
	assert_int_equal(t->row, 0);
}

static void a_stored_response_is_found_with_its_messages(void **state)
{
	struct turns f = turns_begin(*state);
	struct stored_response response;

	turns_store(&f, "resp_1", NULL, NULL, "one", "first");
	f.store = database_open(*state, f.path);
	response = turns_response(&f, "resp_1");
	assert_string_equal(response.id, "resp_1");
	assert_string_equal(response.dialect, "openai_chat");
	assert_string_equal(response.model, "k2");
	assert_string_equal(response.settings, "{\"s\":1}");
	assert_string_equal(response.metadata, "{}");
	assert_null(response.previous);
	assert_null(response.conversation);
	assert_int_equal(response.status, STORED_RESPONSE_DONE);
	assert_int_equal(response.finish, CHAT_FINISH_STOP);
	assert_null(response.error);
	assert_int_equal(response.duration_ms, 34);
	assert_int_equal(response.usage.source, CHAT_USAGE_UPSTREAM);
	assert_int_equal(response.usage.prompt, 10);
	assert_int_equal(response.usage.completion, 5);
	assert_int_equal(response.usage.cached, 2);
	assert_int_equal(response.usage.reasoning, 1);
	assert_int_equal(response.usage.cache_write, 4);
	assert_int_equal(response.usage.cache_write_1h, 3);
	assert_int_equal(response.usage.searches, 6);
	assert_string_equal(turns_texts(&f, response.input, response.n_input),
			    "one");
	assert_string_equal(turns_texts(&f, response.message, 1), "first");
	assert_int_equal(strlen(response.input[0].uid), 24);
	assert_int_equal(strlen(response.message->uid), 24);
	assert_string_not_equal(response.input[0].uid, response.message->uid);
}

static void a_stored_response_belongs_to_its_key(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e = { .kind = ERROR_KINDS };

	turns_store(&f, "resp_1", NULL, NULL, "one", "first");
	turns_not_found(&f, "other", "resp_1");
	refused(&f, "other", "resp_1", "not found");
	assert_false(stored_response_delete(f.store, "other", "resp_1", &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	assert_false(stored_response_cancel(f.store, "other", "resp_1", &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	assert_false(stored_response_set_metadata(f.store, "other", "resp_1",
						  "{}", &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	turns_response(&f, "resp_1");
}

static void a_response_that_is_not_stored_is_not_found(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "resp_1", 0, "one", "first");
	turns_not_found(&f, "k", "resp_1");
	refused(&f, "k", "resp_1", "not found");
}

static void a_turn_continues_a_response_and_all_before_it(void **state)
{
	struct turns f = turns_begin(*state);

	turns_store(&f, "resp_1", NULL, NULL, "one", "first");
	turns_store(&f, "resp_2", NULL, "resp_1", "two", "second");
	turns_store(&f, "resp_3", NULL, "resp_1", "other", "third");
	turns_store(&f, "resp_4", NULL, "resp_2", "four", "fourth");
	assert_string_equal(before(&f, "r5", "resp_4"),
			    "one|first|two|second|four|fourth");
	assert_string_equal(before(&f, "r6", "resp_3"),
			    "one|first|other|third");
	assert_string_equal(turns_response(&f, "resp_4").previous, "resp_2");
	assert_string_equal(
		turns_texts(&f, turns_response(&f, "resp_4").input, 1), "four");
}

static void only_a_response_that_is_done_can_be_continued(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct error e;

	refused(&f, "k", "resp_1", "running");
	assert_true(turns_end(&f, t, STORE_FAILED, "one", "part", &e));
	refused(&f, "k", "resp_1", "failed");
	t = turns_store_open(&f, "resp_2", NULL, NULL);
	assert_true(turns_end(&f, t, STORE_CANCELLED, "one", "part", &e));
	refused(&f, "k", "resp_2", "cancelled");
}

static void a_deleted_response_is_left_out_of_the_history(void **state)
{
	struct turns f = turns_begin(*state);

	turns_store(&f, "resp_1", NULL, NULL, "one", "first");
	turns_store(&f, "resp_2", NULL, "resp_1", "two", "second");
	turns_store(&f, "resp_3", NULL, "resp_2", "three", "third");
	turns_delete(&f, "resp_2");
	turns_not_found(&f, "k", "resp_2");
	refused(&f, "k", "resp_2", "not found");
	assert_string_equal(before(&f, "r4", "resp_3"),
			    "one|first|three|third");
	assert_null(turns_response(&f, "resp_3").previous);
}

static void a_response_is_continued_with_its_conversation(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "zero", "nothing");
	turns_store(&f, "resp_1", "c", NULL, "one", "first");
	turns_play(&f, "r2", 4, "later", "last");
	assert_string_equal(before(&f, "r3", "resp_1"),
			    "zero|nothing|one|first");
	assert_string_equal(turns_response(&f, "resp_1").conversation, "c");
	turns_store(&f, "resp_2", NULL, "resp_1", "two", "second");
	assert_string_equal(before(&f, "r4", "resp_2"),
			    "zero|nothing|one|first|two|second");
}

static void a_conversation_wins_over_a_previous_response(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_store(&f, "resp_1", "c", NULL, "one", "first");
	turns_store(&f, "resp_2", "c", "resp_1", "two", "second");
	t = turns_opened(&f, "r3", "c");
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "one|first|two|second");
	assert_string_equal(before(&f, "r4", "resp_2"), "one|first|two|second");
}

static void a_failed_response_has_its_partial_reply(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", "c", NULL);
	struct stored_response response;
	struct error e;

	assert_true(turns_end(&f, t, STORE_FAILED, "one", "part", &e));
	response = turns_response(&f, "resp_1");
	assert_int_equal(response.status, STORED_RESPONSE_FAILED);
	assert_string_equal(response.error_kind, "upstream");
	assert_string_equal(response.error, "broken");
	assert_string_equal(turns_texts(&f, response.input, response.n_input),
			    "one");
	assert_string_equal(turns_texts(&f, response.message, 1), "part");
	assert_int_equal(turns_opened(&f, "r2", "c")->n_messages, 0);
}

static void a_response_of_a_killed_process_has_failed(void **state)
{
	struct turns f = turns_begin(*state);
	struct stored_response response;

	turns_store_open(&f, "resp_1", NULL, NULL);
	assert_int_equal(turns_response(&f, "resp_1").status,
			 STORED_RESPONSE_RUNNING);
	database_run(f.path, "UPDATE requests SET lease_uptime = 5");
	response = turns_response(&f, "resp_1");
	assert_int_equal(response.status, STORED_RESPONSE_FAILED);
	assert_string_equal(response.error_kind, "interrupted");
	assert_null(response.message);
	turns_opened(&f, "r2", NULL);
	assert_string_equal(turns_response(&f, "resp_1").error_kind,
			    "interrupted");
}

static void the_input_of_a_running_response_can_be_read(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", "c", NULL);
	struct chat_request *r = turns_request(*state, t, 0, "one");
	struct stored_response response;
	struct error e;

	assert_true(store_turn_store_input(f.store, t, r, 0, *state, &e));
	response = turns_response(&f, "resp_1");
	assert_int_equal(response.status, STORED_RESPONSE_RUNNING);
	assert_string_equal(turns_texts(&f, response.input, response.n_input),
			    "one");
	assert_null(response.message);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages "
					      "WHERE conversation_id = 1"),
			 0);
	assert_true(turns_end(&f, t, STORE_DONE, "one", "first", &e));
	t = turns_opened(&f, "r2", "c");
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "one|first");
}

static void the_reply_has_the_uid_that_was_given(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "first");
	static const char uid[] = "abcdefghijklmnopqrstuvwx";

	o.request = turns_request(*state, t, 0, "one");
	o.uid = uid;
	turns_close(&f, t, &o);
	assert_string_equal(turns_response(&f, "resp_1").message->uid, uid);
}

static void metadata_is_replaced(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e;

	turns_store(&f, "resp_1", NULL, NULL, "one", "first");
	assert_true(stored_response_set_metadata(f.store, "k", "resp_1",
						 "{\"a\":\"b\"}", &e));
	assert_string_equal(turns_response(&f, "resp_1").metadata,
			    "{\"a\":\"b\"}");
	assert_true(
		stored_response_set_metadata(f.store, "k", "resp_1", NULL, &e));
	assert_string_equal(turns_response(&f, "resp_1").metadata, "{}");
}

static const char *listed(struct turns *f, const char *key,
			  struct stored_response_list *list)
{
	const char *ids = "";
	struct error e;

	if (!stored_response_list(f->store, key, list, f->arena, &e))
		fail_msg("%s", e.message);
	for (size_t i = 0; i < list->n; i++)
		ids = arena_printf(
			f->arena, "%s%s:%s ", ids, list->responses[i].id,
			turns_texts(f, list->responses[i].message, 1));
	return ids;
}

static void lists_are_of_a_kind_and_paged_in_both_orders(void **state)
{
	struct turns f = turns_begin(*state);
	struct stored_response_list list = { .kind = "chat_completion",
					     .ascending = true,
					     .limit = 2 };
	struct error e;

	turns_store(&f, "chatcmpl-1", NULL, NULL, "one", "1");
	turns_store(&f, "resp_2", NULL, NULL, "two", "2");
	turns_store(&f, "chatcmpl-3", NULL, NULL, "three", "3");
	turns_store(&f, "chatcmpl-4", NULL, NULL, "four", "4");
	turns_store_open(&f, "chatcmpl-5", NULL, NULL);
	turns_store(&f, "chatcmpl-6", NULL, NULL, "six", "6");
	turns_delete(&f, "chatcmpl-6");
	assert_string_equal(listed(&f, "k", &list),
			    "chatcmpl-1:1 chatcmpl-3:3 ");
	assert_true(list.more);
	list.after = "chatcmpl-3";
	assert_string_equal(listed(&f, "k", &list), "chatcmpl-4:4 ");
	assert_false(list.more);
	list = (struct stored_response_list){ .kind = "chat_completion",
					      .limit = 3 };
	assert_string_equal(listed(&f, "k", &list),
			    "chatcmpl-4:4 chatcmpl-3:3 chatcmpl-1:1 ");
	assert_false(list.more);
	assert_string_equal(listed(&f, "other", &list), "");
	list.after = "chatcmpl-6";
	assert_false(stored_response_list(f.store, "k", &list, *state, &e));
	assert_error(&e, ERROR_NOT_FOUND, "after");
}

static void lists_are_filtered_by_model_and_metadata(void **state)
{
	static const char *const metadata[] = { NULL, "{\"a\":\"1\"}",
						"{\"a\":\"1\",\"b\":\"2\"}" };
	struct turns f = turns_begin(*state);
	struct stored_response_list list = { .kind = "chat_completion",
					     .limit = 9 };

	for (size_t i = 0; i < COUNT(metadata); i++) {
		const char *id = arena_printf(*state, "chatcmpl-%zu", i);
		struct error e;

		turns_store(&f, id, NULL, NULL, "x", "y");
		assert_true(stored_response_set_metadata(f.store, "k", id,
							 metadata[i], &e));
	}
	list.metadata = "{\"a\":\"1\"}";
	assert_string_equal(listed(&f, "k", &list),
			    "chatcmpl-2:y chatcmpl-1:y ");
	list.metadata = "{\"b\":\"2\",\"a\":\"1\"}";
	assert_string_equal(listed(&f, "k", &list), "chatcmpl-2:y ");
	list.metadata = "{\"a\":\"2\"}";
	assert_string_equal(listed(&f, "k", &list), "");
	list.metadata = NULL;
	list.model = "k2";
	listed(&f, "k", &list);
	assert_int_equal(list.n, 3);
	list.model = "k3";
	assert_string_equal(listed(&f, "k", &list), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stored_response_is_found_with_its_messages),
		TEST(a_stored_response_belongs_to_its_key),
		TEST(a_response_that_is_not_stored_is_not_found),
		TEST(a_turn_continues_a_response_and_all_before_it),
		TEST(only_a_response_that_is_done_can_be_continued),
		TEST(a_deleted_response_is_left_out_of_the_history),
		TEST(a_response_is_continued_with_its_conversation),
		TEST(a_conversation_wins_over_a_previous_response),
		TEST(a_failed_response_has_its_partial_reply),
		TEST(a_response_of_a_killed_process_has_failed),
		TEST(the_input_of_a_running_response_can_be_read),
		TEST(the_reply_has_the_uid_that_was_given),
		TEST(metadata_is_replaced),
		TEST(lists_are_of_a_kind_and_paged_in_both_orders),
		TEST(lists_are_filtered_by_model_and_metadata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
