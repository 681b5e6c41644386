/* SPDX-License-Identifier: MIT */
/* Ephemeral turns: none of their text is stored. */
#include "tests/unit/support/test.h"

#include "tests/unit/support/turns.h"

/* `touched`: it continued the chat at Kimi. */
static void play_ephemeral(struct turns *f, const char *request,
			   const char *conversation, bool touched)
{
	struct store_turn *t = database_turn(f->arena, request, conversation);
	struct store_outcome o =
		turns_outcome(f->arena, STORE_DONE, "whispered");
	struct error e;

	t->ephemeral = true;
	turns_open(f, t);
	o.history.kept = t->n_messages;
	o.request = turns_request(f->arena, t, t->n_messages, "whispered");
	o.chat_touched = touched;
	o.bookmark = (struct chat_bookmark){ "chat", "whispered", 0 };
	assert_true(store_turn_store_input(f->store, t, o.request, 0, f->arena,
					   &e));
	turns_close(f, t, &o);
}

static void only_the_usage_of_an_ephemeral_turn_is_stored(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t;

	play_ephemeral(&f, "r1", NULL, false);
	turns_play(&f, "r2", 0, "one", "first");
	play_ephemeral(&f, "r3", "c", false);
	assert_false(turns_file_holds(&f, "whispered"));
	assert_int_equal(
		database_int(f.path, "SELECT sum(requests) || sum(failures) "
				     "|| sum(prompt_tokens) FROM usage_by_day"),
		3030);
	t = turns_opened(&f, "r4", "c");
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "one|first");
	assert_string_equal(t->bookmark.chat, "chat");
	assert_string_equal(t->bookmark.message, "message");
}

static void an_ephemeral_turn_locks_its_conversation(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = database_turn(*state, "r1", "c");
	struct store_turn *other = database_turn(*state, "r2", "c");
	struct error e = { .kind = ERROR_KINDS };

	t->ephemeral = true;
	turns_open(&f, t);
	assert_false(store_turn_open(f.store, other, *state, &e));
	assert_error(&e, ERROR_BUSY, "");
}

/* The chat at Kimi holds a turn that the conversation does not. */
static void a_chat_that_an_ephemeral_turn_touched_is_dropped(void **state)
{
	struct turns f = turns_begin(*state);

	turns_play(&f, "r1", 0, "one", "first");
	play_ephemeral(&f, "r2", "c", true);
	assert_null(turns_opened(&f, "r3", "c")->bookmark.chat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_usage_of_an_ephemeral_turn_is_stored),
		TEST(an_ephemeral_turn_locks_its_conversation),
		TEST(a_chat_that_an_ephemeral_turn_touched_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
