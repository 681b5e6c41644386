/* SPDX-License-Identifier: MIT */
/* Calls and their results. */
#include "tests/unit/support/test.h"

#include <sys/resource.h>

#include "chat/unanswered_calls.h"

#define MANY 6000

static long most_memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss; /* kB */
}

static struct chat_message result(const struct chat_part *parts, size_t n)
{
	return (struct chat_message){
		.role = CHAT_TOOL, .call_id = "c", .parts = parts, .n_parts = n
	};
}

static void results_of_one_call_become_one(void **state)
{
	const struct chat_call call = { .id = "c", .name = "f" };
	const struct chat_part a = { .text = "a" }, b = { .text = "b" };
	const struct chat_message in[] = {
		{ .role = CHAT_ASSISTANT, .calls = &call, .n_calls = 1 },
		result(NULL, 0),
		result(&a, 1),
		result(NULL, 0),
		result(&b, 1),
		{ .role = CHAT_USER, .parts = &a, .n_parts = 1 },
	};
	const struct chat_message *all = in;
	size_t n = COUNT(in);

	chat_unanswered_calls_fill(*state, &all, &n);
	assert_int_equal(n, 3);
	assert_int_equal(all[1].role, CHAT_TOOL);
	assert_string_equal(chat_message_text(&all[1], *state), "a\nb");
	assert_int_equal(all[2].role, CHAT_USER);
}

/* They were copied once more for each of them: 800 MB for these. */
static void many_results_of_one_call_take_little_memory(void **state)
{
	struct chat_message *in = arena_array(*state, MANY + 1, sizeof(*in));
	const struct chat_call call = { .id = "c", .name = "f" };
	const struct chat_part part = { .text = "r" };
	const struct chat_message *all = in;
	long before = most_memory();
	size_t n = MANY + 1;

	in[0].role = CHAT_ASSISTANT;
	in[0].calls = &call;
	in[0].n_calls = 1;
	for (size_t i = 1; i <= MANY; i++)
		in[i] = result(&part, 1);
	chat_unanswered_calls_fill(*state, &all, &n);
	assert_int_equal(n, 2);
	assert_int_equal(all[1].n_parts, 2 * MANY - 1);
	assert_in_range(most_memory() - before, 0, 100 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(results_of_one_call_become_one),
		TEST(many_results_of_one_call_take_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
