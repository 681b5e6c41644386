/* SPDX-License-Identifier: MIT */
/* Threads: what they have used of their stack can be given back. */
#include "tests/unit/support/test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/thread.h"

#define DEPTH (48 * 1024)

struct stack {
	uintptr_t low; /* a place that was used */
	bool before, after, again;
};

static bool is_resident(uintptr_t place)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	unsigned char resident = 0;

	return mincore((void *)(place & ~(page - 1)), page, &resident) == 0 &&
	       (resident & 1) != 0;
}

/* Whether its lowest part is in memory; then the frame is gone. The address
 * sanitizer would put it elsewhere. */
static __attribute__((noinline, no_sanitize_address)) bool use(struct stack *s)
{
	volatile char bytes[DEPTH];

	for (size_t i = 0; i < sizeof(bytes); i += 512)
		bytes[i] = 1;
	s->low = (uintptr_t)bytes;
	return is_resident(s->low);
}

static void *run(void *ctx)
{
	struct stack *s = ctx;

	s->before = use(s);
	thread_give_back_stack();
	s->after = is_resident(s->low);
	s->again = use(s);
	return NULL;
}

static void a_used_stack_is_given_back(void **state)
{
	struct stack s = { 0 };
	pthread_t thread;

	(void)state;
	assert_true(thread_start(&thread, run, &s));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(s.before);
	assert_false(s.after);
	assert_true(s.again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_used_stack_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
