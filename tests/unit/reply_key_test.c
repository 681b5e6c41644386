/* SPDX-License-Identifier: MIT */
/* How a reply that a client sends back is recognised. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "chat/call_id.h"
#include "chat/reply_key.h"

static struct chat_message says(struct arena *a, enum chat_role role,
				const char *s)
{
	struct chat_part *part = arena_alloc(a, sizeof(*part));

	part->text = s;
	return (struct chat_message){ .role = role,
				      .parts = part,
				      .n_parts = 1 };
}

static struct chat_message calls(struct arena *a, const char *id)
{
	struct chat_call *call = arena_alloc(a, sizeof(*call));

	*call = (struct chat_call){ id, "f", "{}" };
	return (struct chat_message){ .role = CHAT_ASSISTANT,
				      .calls = call,
				      .n_calls = 1 };
}

static struct chat_message result(struct arena *a, const char *id)
{
	struct chat_message m = says(a, CHAT_TOOL, "found");

	m.call_id = id;
	return m;
}

/* Of a reply at the end of the request. */
static const char *key_after(struct arena *a, const struct chat_request *q,
			     const struct chat_message *reply)
{
	struct chat_reply_keys keys;

	chat_reply_keys_init(&keys, q, a);
	return chat_reply_key(&keys, q->n_messages, reply);
}

static const char *key_of(struct arena *a, const char *s)
{
	const struct chat_message hi = says(a, CHAT_USER, "hi");
	const struct chat_message m = says(a, CHAT_ASSISTANT, s);

	return key_after(
		a, &(struct chat_request){ .messages = &hi, .n_messages = 1 },
		&m);
}

/* Of the reply "yes" after these messages. */
static const char *key_in(struct arena *a, const struct chat_message *m,
			  size_t n)
{
	const struct chat_message yes = says(a, CHAT_ASSISTANT, "yes");

	return key_after(
		a, &(struct chat_request){ .messages = m, .n_messages = n },
		&yes);
}

static void a_call_is_known_by_its_id(void **state)
{
	const char *id = call_id_wrap(*state, "f:0");
	const struct chat_call both[] = {
		{ "call_0", "f", "{}" },
		{ id, "g", "{}" },
		{ call_id_wrap(*state, "f:0"), "g", "{}" },
	};
	struct chat_message m = says(*state, CHAT_ASSISTANT, "with words");
	const struct chat_request none = { 0 };

	m.calls = both;
	m.n_calls = 3;
	assert_string_equal(key_after(*state, &none, &m), id);
	m.n_parts = 0;
	assert_string_equal(key_after(*state, &none, &m), id);
}

static void ids_of_others_are_no_key(void **state)
{
	static const char *const ids[] = {
		"call_0",
		"",
		"functions.read:0",
		"toolu_01A09q90qw90lq917835lq9",
		"call_abcdefghijklmnopqrstuvwx",
		"chatcmpl-tool-0123456789abcdef",
		"call_AAAAAAAAAAA_read",
	};
	const struct chat_request none = { 0 };

	for (size_t i = 0; i < COUNT(ids); i++) {
		struct chat_message m = calls(*state, ids[i]);

		assert_null(key_after(*state, &none, &m));
		assert_false(call_id_is_ours(ids[i]));
	}
}

static void white_space_around_it_does_not_count(void **state)
{
	const char *key = key_of(*state, "a b");

	assert_string_equal(key_of(*state, "  a b"), key);
	assert_string_equal(key_of(*state, "a b\n\n"), key);
	assert_string_equal(key_of(*state, "\t a b \r\n"), key);
	assert_string_not_equal(key_of(*state, "a  b"), key);
	assert_string_not_equal(key_of(*state, "A b"), key);
}

static void parts_count_as_one_text(void **state)
{
	static const struct chat_part parts[] = {
		{ .text = " a" },
		{ .kind = CHAT_PART_IMAGE, .text = "data:x" },
		{ .text = " b" },
	};
	const struct chat_message hi = says(*state, CHAT_USER, "hi");
	struct chat_message m = { .role = CHAT_ASSISTANT,
				  .parts = parts,
				  .n_parts = COUNT(parts) };

	assert_string_equal(key_after(*state,
				      &(struct chat_request){ .messages = &hi,
							      .n_messages = 1 },
				      &m),
			    key_of(*state, "a b"));
}

static void an_empty_reply_has_no_key(void **state)
{
	struct chat_message m = { .role = CHAT_ASSISTANT };
	const struct chat_request none = { 0 };

	assert_null(key_after(*state, &none, &m));
	assert_null(key_of(*state, ""));
	assert_null(key_of(*state, " \n\t "));
}

static void everything_before_it_counts(void **state)
{
	struct arena *a = *state;
	const struct chat_message base[] = {
		says(a, CHAT_SYSTEM, "be kind"),
		says(a, CHAT_USER, "one"),
		says(a, CHAT_ASSISTANT, "two"),
		calls(a, "call_0"),
		result(a, "call_0"),
		says(a, CHAT_USER, "three"),
	};
	const char *key = key_in(a, base, COUNT(base));
	struct chat_message m[COUNT(base)];

	memcpy(m, base, sizeof(m));
	assert_string_equal(key_in(a, m, COUNT(m)), key);
	for (size_t i = 0; i < COUNT(base); i++) {
		memcpy(m, base, sizeof(m));
		m[i] = says(a, base[i].role, "something else");
		assert_string_not_equal(key_in(a, m, COUNT(m)), key);
		memcpy(m, base, sizeof(m));
		memmove(m + i, m + i + 1, (COUNT(m) - i - 1) * sizeof(*m));
		assert_string_not_equal(key_in(a, m, COUNT(m) - 1), key);
	}
	memcpy(m, base, sizeof(m));
	m[1].role = CHAT_ASSISTANT;
	assert_string_not_equal(key_in(a, m, COUNT(m)), key);
	memcpy(m, base, sizeof(m));
	m[1].name = "Ann";
	assert_string_not_equal(key_in(a, m, COUNT(m)), key);
	memcpy(m, base, sizeof(m));
	m[4].call_id = "call_1";
	assert_string_not_equal(key_in(a, m, COUNT(m)), key);
}

static void media_before_it_count(void **state)
{
	const struct chat_part cat = { .kind = CHAT_PART_IMAGE,
				       .text = "data:image/png;base64,AAAA" };
	const struct chat_part dog = { .kind = CHAT_PART_IMAGE,
				       .text = "data:image/png;base64,AAAB" };
	const struct chat_part file = { .kind = CHAT_PART_FILE,
					.id = "file-1" };
	struct chat_message m = { .role = CHAT_USER, .n_parts = 1 };
	const char *keys[3];

	m.parts = &cat;
	keys[0] = key_in(*state, &m, 1);
	assert_string_equal(key_in(*state, &m, 1), keys[0]);
	m.parts = &dog;
	keys[1] = key_in(*state, &m, 1);
	m.parts = &file;
	keys[2] = key_in(*state, &m, 1);
	assert_string_not_equal(keys[0], keys[1]);
	assert_string_not_equal(keys[0], keys[2]);
	assert_string_not_equal(keys[1], keys[2]);
}

static void what_a_client_may_change_does_not_count(void **state)
{
	struct arena *a = *state;
	struct chat_message m[] = {
		says(a, CHAT_USER, "one"),
		says(a, CHAT_ASSISTANT, "two"),
		says(a, CHAT_USER, "three"),
	};
	const struct chat_message silent = { .role = CHAT_ASSISTANT,
					     .reasoning = "only thought" };
	const char *key = key_in(a, m, COUNT(m));
	const struct chat_message longer[] = { m[0], m[1], silent, m[2] };

	m[0] = says(a, CHAT_USER, "one\n");
	m[1].reasoning = "because";
	m[1].uid = "012345678901234567890123";
	assert_string_equal(key_in(a, m, COUNT(m)), key);
	assert_string_equal(key_in(a, longer, COUNT(longer)), key);
}

static void user_and_instructions_count(void **state)
{
	const struct chat_message yes = says(*state, CHAT_ASSISTANT, "yes");
	const struct chat_message m[] = {
		says(*state, CHAT_SYSTEM, "be kind"),
		says(*state, CHAT_USER, "one"),
	};
	struct chat_request q = { .messages = m + 1, .n_messages = 1 };
	const char *plain = key_after(*state, &q, &yes), *instructed;

	q.instructions = "be kind";
	instructed = key_after(*state, &q, &yes);
	assert_string_not_equal(instructed, plain);
	assert_string_equal(key_in(*state, m, 2), instructed);
	q.instructions = NULL;
	q.user = "Ann";
	assert_string_not_equal(key_after(*state, &q, &yes), plain);
}

/* Clients drop the oldest turns and the results of old calls. */
static void a_call_of_ours_stands_for_what_led_to_it(void **state)
{
	struct arena *a = *state;
	const char *id = call_id_wrap(a, "f:0");
	const struct chat_message m[] = {
		says(a, CHAT_USER, "one"),
		says(a, CHAT_ASSISTANT, "two"),
		says(a, CHAT_USER, "three"),
		calls(a, id),
		result(a, id),
	};
	const struct chat_message other[] = {
		calls(a, call_id_wrap(a, "f:0")),
		result(a, id),
	};
	const struct chat_message told[] = {
		says(a, CHAT_SYSTEM, "for Ann"),
		m[3],
		m[4],
	};
	const char *key = key_in(a, m, COUNT(m));

	assert_string_equal(key_in(a, m + 2, 3), key);
	assert_string_equal(key_in(a, m + 3, 2), key);
	assert_string_not_equal(key_in(a, m, 4), key);
	assert_string_not_equal(key_in(a, other, 2), key);
	assert_string_not_equal(key_in(a, told, 3), key);
}

/* One pass over a history gives the keys that its replies had at their time. */
static void keys_in_order_are_those_of_each_time(void **state)
{
	struct arena *a = *state;
	const char *id = call_id_wrap(a, "f:0");
	const struct chat_message m[] = {
		says(a, CHAT_SYSTEM, "be kind"),
		says(a, CHAT_USER, "one"),
		says(a, CHAT_ASSISTANT, "two"),
		says(a, CHAT_USER, "three"),
		says(a, CHAT_ASSISTANT, "four"),
		calls(a, id),
		result(a, id),
		says(a, CHAT_ASSISTANT, "five"),
		says(a, CHAT_SYSTEM, "be brief"),
		says(a, CHAT_USER, "six"),
		says(a, CHAT_ASSISTANT, "seven"),
	};
	const struct chat_request q = { .messages = m, .n_messages = COUNT(m) };

	for (unsigned skipped = 0; skipped < 16; skipped++) {
		struct chat_reply_keys keys;
		unsigned n = 0;

		chat_reply_keys_init(&keys, &q, a);
		for (size_t i = 0; i < COUNT(m); i++) {
			const struct chat_request then = { .messages = m,
							   .n_messages = i };

			if (m[i].role != CHAT_ASSISTANT || m[i].n_calls > 0 ||
			    skipped & 1 << n++)
				continue;
			assert_string_equal(chat_reply_key(&keys, i, &m[i]),
					    key_after(a, &then, &m[i]));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_is_known_by_its_id),
		TEST(ids_of_others_are_no_key),
		TEST(white_space_around_it_does_not_count),
		TEST(parts_count_as_one_text),
		TEST(an_empty_reply_has_no_key),
		TEST(everything_before_it_counts),
		TEST(media_before_it_count),
		TEST(what_a_client_may_change_does_not_count),
		TEST(user_and_instructions_count),
		TEST(a_call_of_ours_stands_for_what_led_to_it),
		TEST(keys_in_order_are_those_of_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
