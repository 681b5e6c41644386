/* SPDX-License-Identifier: MIT */
/* How what the command prints is written. */
#include "tests/unit/support/test.h"

#include <limits.h>
#include <unistd.h>

#include "cgi/command/output.h"

static void what_was_printed_is_written_once(void **state)
{
	static const struct terminal file = { .utf8 = true, .width = INT_MAX };
	struct output o;
	struct error e;
	char got[16];
	int ends[2];

	output_init(&o, *state, OUTPUT_FOR_PEOPLE, &file);
	assert_int_equal(pipe(ends), 0);
	output_line(&o, "one");
	assert_true(output_flush(&o, ends[1], &e));
	assert_true(output_flush(&o, ends[1], &e));
	assert_int_equal(read(ends[0], got, sizeof(got)), 4);
	assert_memory_equal(got, "one\n", 4);
	close(ends[0]);
	close(ends[1]);
	output_line(&o, "two");
	assert_false(output_flush(&o, ends[1], &e));
	assert_contains(e.message, "cannot be written");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_printed_is_written_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
