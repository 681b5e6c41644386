/* SPDX-License-Identifier: MIT */
/* What of a turn's messages is new to its conversation. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "chat/history.h"

#define MAX 8

/*
 * A message is a role's letter and its text; more of it by marks:
 * "a#id" one call of that id, "t#id" the answer to it, "u!url" an image.
 */
static void read_message(struct arena *a, const char *s, struct chat_message *m)
{
	static const char roles[] = "suat";
	struct chat_part *part = arena_array(a, 1, sizeof(*part));
	struct chat_call *call = arena_array(a, 1, sizeof(*call));

	m->role = (enum chat_role)(strchr(roles, s[0]) - roles);
	part->text = s + 1;
	if (s[1] == '!') {
		part->kind = CHAT_PART_IMAGE;
		part->text = s + 2;
	} else if (s[1] == '#' && m->role == CHAT_TOOL) {
		m->call_id = s + 2;
		part->text = "result";
	} else if (s[1] == '#') {
		*call = (struct chat_call){ s + 2, "name", "{}" };
		m->calls = call;
		m->n_calls = 1;
		return;
	}
	m->parts = part;
	m->n_parts = 1;
}

static size_t read_all(struct arena *a, const char *const *texts,
		       struct chat_message *list)
{
	size_t n = 0;

	memset(list, 0, MAX * sizeof(*list));
	for (; n < MAX && texts[n] != NULL; n++)
		read_message(a, texts[n], &list[n]);
	return n;
}

static const struct {
	const char *title;
	const char *stored[MAX], *sent[MAX];
	size_t kept, fresh;
} rows[] = {
	{ "the first turn", { NULL }, { "shi", "uone" }, 0, 0 },
	{ "only what is new", { "uone", "a1" }, { "utwo" }, 2, 0 },
	{ "the whole history again",
	  { "uone", "a1" },
	  { "uone", "a1", "utwo" },
	  2,
	  2 },
	{ "the whole history with its system message",
	  { "shi", "uone", "a1" },
	  { "shi", "uone", "a1", "utwo" },
	  3,
	  3 },
	{ "several new ones",
	  { "uone", "a1" },
	  { "uone", "a1", "ub", "uc" },
	  2,
	  2 },
	{ "the system message again, then what is new",
	  { "shi", "uone", "a1" },
	  { "shi", "utwo" },
	  3,
	  1 },
	{ "another system message is new",
	  { "shi", "uone", "a1" },
	  { "sother", "utwo" },
	  3,
	  0 },
	{ "the whole history by who says elsewhere what the system is",
	  { "shi", "uone", "a1" },
	  { "uone", "a1", "utwo" },
	  3,
	  2 },
	{ "a retry of the last turn by the same",
	  { "shi", "uone", "a1", "utwo", "a2" },
	  { "uone", "a1", "utwo" },
	  3,
	  2 },
	{ "the whole history after a new system message",
	  { "uone", "a1" },
	  { "shi", "uone", "a1", "utwo" },
	  0,
	  0 },
	{ "the whole history after a different system message",
	  { "shi", "uone", "a1" },
	  { "sother", "uone", "a1", "utwo" },
	  0,
	  0 },
	{ "only what is new after a new system message",
	  { "uone", "a1" },
	  { "shi", "utwo" },
	  2,
	  0 },
	{ "a conversation of a system message alone",
	  { "shi" },
	  { "sother", "uone" },
	  1,
	  0 },
	{ "the same words again are a new turn",
	  { "uone", "a1" },
	  { "uone" },
	  2,
	  0 },
	{ "the same words again after the system message",
	  { "shi", "uone", "a1" },
	  { "shi", "uone" },
	  3,
	  1 },
	{ "a retry of the last turn replaces it",
	  { "uone", "a1", "utwo", "a2" },
	  { "uone", "a1", "utwo" },
	  2,
	  2 },
	{ "an older turn sent again continues from there",
	  { "uone", "a1", "utwo", "a2", "uthree", "a3" },
	  { "uone", "a1", "utwo" },
	  2,
	  2 },
	{ "an old end again has nothing new",
	  { "uone", "a1", "utwo", "a2" },
	  { "uone", "a1" },
	  2,
	  2 },
	{ "an edited last turn",
	  { "uone", "a1", "utwo", "a2" },
	  { "uone", "a1", "uedited" },
	  2,
	  2 },
	{ "an edited answer",
	  { "uone", "a1", "utwo", "a2" },
	  { "uone", "a1", "utwo", "aedited", "uthree" },
	  3,
	  3 },
	{ "an edited beginning counts as new",
	  { "uone", "a1" },
	  { "uedited", "a1", "utwo" },
	  2,
	  0 },
	{ "blanks around a text do not count",
	  { "uone", "a1 \n" },
	  { "u one", "a1", "utwo" },
	  2,
	  2 },
	{ "blanks inside of a text do",
	  { "uo ne", "a1" },
	  { "uone", "a1", "utwo" },
	  2,
	  0 },
	{ "another role is another message",
	  { "uone", "a1" },
	  { "uone", "u1", "utwo" },
	  2,
	  0 },
	{ "calls and their answers",
	  { "uone", "a#c1" },
	  { "uone", "a#c1", "t#c1" },
	  2,
	  2 },
	{ "only the answer of a call", { "uone", "a#c1" }, { "t#c1" }, 2, 0 },
	{ "a call of another id",
	  { "uone", "a#c1", "t#c1", "aend" },
	  { "uone", "a#c2", "t#c2", "utwo" },
	  4,
	  0 },
	{ "another answer to a call",
	  { "uone", "a#c1", "t#c1", "aend" },
	  { "uone", "a#c1", "t#other", "utwo" },
	  2,
	  2 },
	{ "another image is another message",
	  { "u!data:1", "a1" },
	  { "u!data:2", "a1", "utwo" },
	  2,
	  0 },
	{ "the same image is the same message",
	  { "u!data:1", "a1" },
	  { "u!data:1", "a1", "utwo" },
	  2,
	  2 },
	{ "an image is not its text",
	  { "u!data:1", "a1" },
	  { "udata:1", "a1", "utwo" },
	  2,
	  0 },
	{ "nothing but what is stored",
	  { "uone", "a1" },
	  { "uone", "a1" },
	  2,
	  2 },
};

static void the_rules_hold(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_message stored[MAX], sent[MAX];
		size_t n = read_all(*state, rows[i].stored, stored);
		size_t m = read_all(*state, rows[i].sent, sent);
		struct chat_history h =
			chat_history_join(stored, n, sent, m, *state);

		if (h.kept != rows[i].kept || h.fresh != rows[i].fresh)
			fail_msg("%s: kept %zu, fresh %zu", rows[i].title,
				 h.kept, h.fresh);
	}
}

/* Clients drop it. */
static void reasoning_does_not_count(void **state)
{
	static const char *const stored[MAX] = { "uone", "a1" };
	static const char *const sent[MAX] = { "uone", "a1", "utwo" };
	struct chat_message x[MAX], y[MAX];
	size_t n = read_all(*state, stored, x), m = read_all(*state, sent, y);
	struct chat_history h;

	x[1].reasoning = "hm";
	h = chat_history_join(x, n, y, m, *state);
	assert_int_equal(h.kept, 2);
	assert_int_equal(h.fresh, 2);
}

static void texts_in_several_parts_are_joined(void **state)
{
	static const struct chat_part parts[] = { { .text = "o" },
						  { .text = "ne" } };
	static const char *const stored[MAX] = { "uone", "a1" };
	static const char *const sent[MAX] = { "u?", "a1", "utwo" };
	struct chat_message x[MAX], y[MAX];
	size_t n = read_all(*state, stored, x), m = read_all(*state, sent, y);

	y[0].parts = parts;
	y[0].n_parts = 2;
	assert_int_equal(chat_history_join(x, n, y, m, *state).fresh, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_rules_hold),
		TEST(reasoning_does_not_count),
		TEST(texts_in_several_parts_are_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
