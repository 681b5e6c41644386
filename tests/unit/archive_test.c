/* SPDX-License-Identifier: MIT */
/* Conversations as their owner sees them: listed, read, searched. */
#include "tests/unit/support/test.h"

#include <locale.h>

#include "store/archive.h"
#include "tests/unit/support/turns.h"

static void play(struct turns *f, const char *key, const char *name,
		 const char *says, const char *reply)
{
	struct store_turn *t = database_turn(
		f->arena, arena_printf(f->arena, "%s-%s", key, name), name);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, reply);

	t->owner.fingerprint = t->owner.label = key;
	turns_open(f, t);
	o.history.kept = t->n_messages;
	o.request = turns_request(f->arena, t, t->n_messages, says);
	turns_close(f, t, &o);
}

static void
conversations_of_all_keys_are_listed_the_last_used_first(void **state)
{
	struct turns f = turns_begin(*state);
	struct archive_filter all = { .limit = 10 };
	struct archived_conversation *list;
	struct error e;
	size_t n;

	play(&f, "one", "a", "says", "reply");
	database_run(f.path, "UPDATE conversations SET updated_at = 1000");
	play(&f, "two", "b", "says", "reply");
	assert_true(store_archive_list(f.store, &all, &list, &n, *state, &e));
	assert_int_equal(n, 2);
	assert_string_equal(list[0].key, "two");
	assert_string_equal(list[0].conversation.name, "b");
	assert_int_equal(list[1].messages, 2);
	assert_int_equal(list[1].turns, 1);
	assert_string_equal(list[1].model, "k2");
	all.since = 2000;
	assert_true(store_archive_list(f.store, &all, &list, &n, *state, &e));
	assert_int_equal(n, 1);
}

static int64_t row_of(struct turns *f, const char *key)
{
	return database_int(f->path,
			    arena_printf(f->arena,
					 "SELECT id FROM keys WHERE "
					 "coalesce(name, label) = '%s'",
					 key));
}

static void a_name_of_several_keys_needs_one_of_them(void **state)
{
	struct turns f = turns_begin(*state);
	struct archived_conversation c;
	struct error e;

	play(&f, "one", "a", "says", "reply");
	play(&f, "two", "a", "says", "reply");
	assert_false(store_archive_find(f.store, "a", 0, &c, *state, &e));
	assert_int_equal(e.kind, ERROR_VALUE);
	assert_true(store_archive_find(f.store, "a", row_of(&f, "two"), &c,
				       *state, &e));
	assert_string_equal(c.key, "two");
	assert_false(store_archive_find(f.store, "b", 0, &c, *state, &e));
	assert_int_equal(e.kind, ERROR_NOT_FOUND);
}

static void all_of_them_are_read_one_by_one(void **state)
{
	struct turns f = turns_begin(*state);
	struct archived_conversation c = { 0 };
	struct archived_message *messages;
	const char *all = "";
	struct error e;
	size_t n;

	play(&f, "one", "a", "says", "reply");
	play(&f, "two", "b", "more", "again");
	for (;;) {
		assert_true(store_archive_after(f.store, c.conversation.row, &c,
						*state, &e));
		if (c.conversation.row == 0)
			break;
		assert_true(store_archive_messages(f.store, c.conversation.row,
						   &messages, &n, *state, &e));
		assert_int_equal(n, 2);
		all = arena_printf(*state, "%s%s %s,", all, messages[0].content,
				   messages[1].content);
		assert_int_equal(messages[1].reply, 1);
		assert_non_null(messages[1].request);
	}
	assert_string_equal(all, "says reply,more again,");
}

static struct archive_search search(struct turns *f, const char *text)
{
	struct archive_search s = { .text = text,
				    .limit = 10,
				    .most_ms = 10000 };
	struct error e;

	if (!store_archive_search(f->store, &s, f->arena, &e))
		fail_msg("%s", e.message);
	return s;
}

static void texts_are_found_from_the_newest_on(void **state)
{
	struct turns f = turns_begin(*state);
	struct archive_search s;

	play(&f, "one", "a", "where is the needle", "in the hay");
	play(&f, "two", "b", "nothing", "a needle at last");
	s = search(&f, "needle");
	assert_int_equal(s.n, 2);
	assert_false(s.stopped);
	assert_string_equal(s.hits[0].conversation, "b");
	assert_string_equal(s.hits[0].key, "two");
	assert_string_equal(s.hits[0].role, "assistant");
	assert_string_equal(s.hits[0].excerpt, "a needle at last");
	assert_string_equal(s.hits[1].excerpt, "where is the needle");
	assert_int_equal(search(&f, "pin").n, 0);
}

/* U+6D88 U+8017, in the middle of other characters. */
static void two_chinese_characters_are_found(void **state)
{
	struct turns f = turns_begin(*state);

	play(&f, "one", "a", "says",
	     "\xe6\x98\xaf\xe6\xb6\x88\xe8\x80\x97\xe4\xba\x86");
	assert_int_equal(search(&f, "\xe6\xb6\x88\xe8\x80\x97").n, 1);
	assert_int_equal(search(&f, "\xe8\x80\x97\xe6\xb6\x88").n, 0);
}

static void capital_and_small_letters_are_the_same(void **state)
{
	static const char *const texts[] = { "MAY I",	 "may i",  "Änderung",
					     "änDERUNG", "МОСКВА", "москва" };
	struct turns f = turns_begin(*state);
	struct archive_search s;

	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	play(&f, "one", "a", "May I? Die Änderung in Москва", "no");
	for (size_t i = 0; i < COUNT(texts); i++) {
		s = search(&f, texts[i]);
		assert_int_equal(s.n, 1);
		assert_string_equal(s.hits[0].excerpt,
				    "May I? Die Änderung in Москва");
	}
}

static void a_search_that_stops_early_says_so(void **state)
{
	struct turns f = turns_begin(*state);
	struct archive_search s = { .text = "reply",
				    .limit = 1,
				    .most_ms = 10000 };
	struct error e;

	play(&f, "one", "a", "says", "reply");
	play(&f, "one", "b", "says", "reply");
	assert_true(store_archive_search(f.store, &s, *state, &e));
	assert_int_equal(s.n, 1);
	assert_true(s.stopped);
	s.limit = 10;
	s.most_ms = 0;
	database_run(f.path, "UPDATE messages SET id = 5000 WHERE id = 4");
	assert_true(store_archive_search(f.store, &s, *state, &e));
	assert_int_equal(s.n, 1);
	assert_true(s.stopped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(conversations_of_all_keys_are_listed_the_last_used_first),
		TEST(a_name_of_several_keys_needs_one_of_them),
		TEST(all_of_them_are_read_one_by_one),
		TEST(texts_are_found_from_the_newest_on),
		TEST(two_chinese_characters_are_found),
		TEST(capital_and_small_letters_are_the_same),
		TEST(a_search_that_stops_early_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
