/* SPDX-License-Identifier: MIT */
/* Kept answers: found, gone on from, listed. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "store/stored_responses.h"
#include "tests/unit/support/turns.h"

/* What a turn that goes on from it starts with. */
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

	t->key_fingerprint = key;
	t->previous = previous;
	assert_false(store_turn_open(f->store, t, f->arena, &e));
	assert_error(&e, ERROR_PREVIOUS, "previous_response_id");
	assert_contains(e.message, why);
	assert_int_equal(t->row, 0);
}

static void a_kept_answer_is_found_with_its_messages(void **state)
{
	struct turns f = turns_begin(*state);
	struct stored_response answer;

	turns_keep(&f, "resp_1", NULL, NULL, "one", "first");
	f.store = database_open(*state, f.path);
	answer = turns_answer(&f, "resp_1");
	assert_string_equal(answer.id, "resp_1");
	assert_string_equal(answer.dialect, "openai_chat");
	assert_string_equal(answer.model, "k2");
	assert_string_equal(answer.settings, "{\"s\":1}");
	assert_string_equal(answer.metadata, "{}");
	assert_null(answer.previous);
	assert_null(answer.conversation);
	assert_int_equal(answer.status, STORED_RESPONSE_DONE);
	assert_int_equal(answer.finish, CHAT_FINISH_STOP);
	assert_null(answer.error);
	assert_int_equal(answer.duration_ms, 34);
	assert_int_equal(answer.usage.source, CHAT_USAGE_UPSTREAM);
	assert_int_equal(answer.usage.prompt, 10);
	assert_int_equal(answer.usage.completion, 5);
	assert_int_equal(answer.usage.cached, 2);
	assert_int_equal(answer.usage.reasoning, 1);
	assert_string_equal(turns_texts(&f, answer.input, answer.n_input),
			    "one");
	assert_string_equal(turns_texts(&f, answer.message, 1), "first");
	assert_int_equal(strlen(answer.input[0].uid), 24);
	assert_int_equal(strlen(answer.message->uid), 24);
	assert_string_not_equal(answer.input[0].uid, answer.message->uid);
}

static void an_answer_belongs_to_its_key(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e = { .kind = ERROR_KINDS };

	turns_keep(&f, "resp_1", NULL, NULL, "one", "first");
	turns_gone(&f, "other", "resp_1");
	refused(&f, "other", "resp_1", "not found");
	assert_false(stored_response_delete(f.store, "other", "resp_1", &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	assert_false(stored_response_cancel(f.store, "other", "resp_1", &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	assert_false(stored_response_set_metadata(f.store, "other", "resp_1",
						  "{}", &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	turns_answer(&f, "resp_1");
}

static void what_is_not_kept_is_not_found(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "resp_1", 0, "one", "first");
	turns_gone(&f, "k", "resp_1");
	refused(&f, "k", "resp_1", "not found");
}

static void a_turn_goes_on_from_an_answer_and_all_before_it(void **state)
{
	struct turns f = turns_begin(*state);

	turns_keep(&f, "resp_1", NULL, NULL, "one", "first");
	turns_keep(&f, "resp_2", NULL, "resp_1", "two", "second");
	turns_keep(&f, "resp_3", NULL, "resp_1", "other", "third");
	turns_keep(&f, "resp_4", NULL, "resp_2", "four", "fourth");
	assert_string_equal(before(&f, "r5", "resp_4"),
			    "one|first|two|second|four|fourth");
	assert_string_equal(before(&f, "r6", "resp_3"),
			    "one|first|other|third");
	assert_string_equal(turns_answer(&f, "resp_4").previous, "resp_2");
	assert_string_equal(
		turns_texts(&f, turns_answer(&f, "resp_4").input, 1), "four");
}

static void only_what_is_done_is_gone_on_from(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_keep_open(&f, "resp_1", NULL, NULL);
	struct error e;

	refused(&f, "k", "resp_1", "running");
	assert_true(turns_end(&f, t, STORE_FAILED, "one", "part", &e));
	refused(&f, "k", "resp_1", "failed");
	t = turns_keep_open(&f, "resp_2", NULL, NULL);
	assert_true(turns_end(&f, t, STORE_CANCELLED, "one", "part", &e));
	refused(&f, "k", "resp_2", "cancelled");
}

static void what_was_deleted_is_gone_on_from_without_it(void **state)
{
	struct turns f = turns_begin(*state);

	turns_keep(&f, "resp_1", NULL, NULL, "one", "first");
	turns_keep(&f, "resp_2", NULL, "resp_1", "two", "second");
	turns_keep(&f, "resp_3", NULL, "resp_2", "three", "third");
	turns_delete(&f, "resp_2");
	turns_gone(&f, "k", "resp_2");
	refused(&f, "k", "resp_2", "not found");
	assert_string_equal(before(&f, "r4", "resp_3"),
			    "one|first|three|third");
	assert_null(turns_answer(&f, "resp_3").previous);
}

static void an_answer_in_a_conversation_is_gone_on_from_with_it(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "zero", "nothing");
	turns_keep(&f, "resp_1", "c", NULL, "one", "first");
	turns_play(&f, "r2", 4, "later", "last");
	assert_string_equal(before(&f, "r3", "resp_1"),
			    "zero|nothing|one|first");
	assert_string_equal(turns_answer(&f, "resp_1").conversation, "c");
	turns_keep(&f, "resp_2", NULL, "resp_1", "two", "second");
	assert_string_equal(before(&f, "r4", "resp_2"),
			    "zero|nothing|one|first|two|second");
}

static void with_both_the_conversation_is_gone_on_from(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	turns_keep(&f, "resp_1", "c", NULL, "one", "first");
	turns_keep(&f, "resp_2", "c", "resp_1", "two", "second");
	t = turns_opened(&f, "r3", "c");
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "one|first|two|second");
	assert_string_equal(before(&f, "r4", "resp_2"), "one|first|two|second");
}

static void a_failed_answer_keeps_what_there_is(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_keep_open(&f, "resp_1", "c", NULL);
	struct stored_response answer;
	struct error e;

	assert_true(turns_end(&f, t, STORE_FAILED, "one", "part", &e));
	answer = turns_answer(&f, "resp_1");
	assert_int_equal(answer.status, STORED_RESPONSE_FAILED);
	assert_string_equal(answer.error_kind, "upstream");
	assert_string_equal(answer.error, "broken");
	assert_string_equal(turns_texts(&f, answer.input, answer.n_input),
			    "one");
	assert_string_equal(turns_texts(&f, answer.message, 1), "part");
	assert_int_equal(turns_opened(&f, "r2", "c")->n_messages, 0);
}

static void an_answer_whose_process_was_killed_has_failed(void **state)
{
	struct turns f = turns_begin(*state);
	struct stored_response answer;

	turns_keep_open(&f, "resp_1", NULL, NULL);
	assert_int_equal(turns_answer(&f, "resp_1").status,
			 STORED_RESPONSE_RUNNING);
	database_run(f.path, "UPDATE requests SET lease_until = 5");
	answer = turns_answer(&f, "resp_1");
	assert_int_equal(answer.status, STORED_RESPONSE_FAILED);
	assert_string_equal(answer.error_kind, "interrupted");
	assert_null(answer.message);
	turns_opened(&f, "r2", NULL);
	assert_string_equal(turns_answer(&f, "resp_1").error_kind,
			    "interrupted");
}

static void its_input_is_there_while_it_runs(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_keep_open(&f, "resp_1", "c", NULL);
	struct chat_request *r = turns_request(*state, t, 0, "one");
	struct stored_response answer;
	struct error e;

	assert_true(store_turn_store_input(f.store, t, r, 0, *state, &e));
	answer = turns_answer(&f, "resp_1");
	assert_int_equal(answer.status, STORED_RESPONSE_RUNNING);
	assert_string_equal(turns_texts(&f, answer.input, answer.n_input),
			    "one");
	assert_null(answer.message);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages "
					      "WHERE conversation_id = 1"),
			 0);
	assert_true(turns_end(&f, t, STORE_DONE, "one", "first", &e));
	t = turns_opened(&f, "r2", "c");
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "one|first");
}

static void the_answers_message_has_the_uid_given(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_keep_open(&f, "resp_1", NULL, NULL);
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "first");
	static const char uid[] = "abcdefghijklmnopqrstuvwx";

	o.request = turns_request(*state, t, 0, "one");
	o.uid = uid;
	turns_close(&f, t, &o);
	assert_string_equal(turns_answer(&f, "resp_1").message->uid, uid);
}

static void metadata_is_replaced(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e;

	turns_keep(&f, "resp_1", NULL, NULL, "one", "first");
	assert_true(stored_response_set_metadata(f.store, "k", "resp_1",
						 "{\"a\":\"b\"}", &e));
	assert_string_equal(turns_answer(&f, "resp_1").metadata,
			    "{\"a\":\"b\"}");
	assert_true(
		stored_response_set_metadata(f.store, "k", "resp_1", NULL, &e));
	assert_string_equal(turns_answer(&f, "resp_1").metadata, "{}");
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

	turns_keep(&f, "chatcmpl-1", NULL, NULL, "one", "1");
	turns_keep(&f, "resp_2", NULL, NULL, "two", "2");
	turns_keep(&f, "chatcmpl-3", NULL, NULL, "three", "3");
	turns_keep(&f, "chatcmpl-4", NULL, NULL, "four", "4");
	turns_keep_open(&f, "chatcmpl-5", NULL, NULL);
	turns_keep(&f, "chatcmpl-6", NULL, NULL, "six", "6");
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

		turns_keep(&f, id, NULL, NULL, "x", "y");
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
		TEST(a_kept_answer_is_found_with_its_messages),
		TEST(an_answer_belongs_to_its_key),
		TEST(what_is_not_kept_is_not_found),
		TEST(a_turn_goes_on_from_an_answer_and_all_before_it),
		TEST(only_what_is_done_is_gone_on_from),
		TEST(what_was_deleted_is_gone_on_from_without_it),
		TEST(an_answer_in_a_conversation_is_gone_on_from_with_it),
		TEST(with_both_the_conversation_is_gone_on_from),
		TEST(a_failed_answer_keeps_what_there_is),
		TEST(an_answer_whose_process_was_killed_has_failed),
		TEST(its_input_is_there_while_it_runs),
		TEST(the_answers_message_has_the_uid_given),
		TEST(metadata_is_replaced),
		TEST(lists_are_of_a_kind_and_paged_in_both_orders),
		TEST(lists_are_filtered_by_model_and_metadata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
