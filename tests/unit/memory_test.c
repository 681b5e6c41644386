/* SPDX-License-Identifier: MIT */
/* Shares of memory: who gets one, who waits, who is refused. */
#include "tests/unit/support/test.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

#define MIB (1024 * 1024)
#define LONG_MS 15000

struct waiting {
	struct memory_share share;
	pthread_t thread;
	int64_t n;
	struct error e;
	bool taken;
};

static struct memory_share share_of(struct memory *m)
{
	return (struct memory_share){ .memory = m, .limit = 10 * MIB };
}

static bool take(struct memory_share *s, int64_t n, struct error *e)
{
	return memory_share_take(s, n, 0, e);
}

static void all_together_stay_below_the_limit(void **state)
{
	struct memory m;
	struct memory_share a = share_of(&m), b = share_of(&m);
	struct error e;

	(void)state;
	memory_init(&m);
	assert_true(take(&a, 6 * MIB, &e));
	assert_false(take(&b, 5 * MIB, &e));
	assert_error(&e, ERROR_FULL, "");
	assert_contains(e.message, "KIMI_MEMORY");
	assert_true(e.retry_after_ms > 0);
	assert_true(take(&b, 4 * MIB, &e));
	memory_share_give_back(&a);
	assert_int_equal(m.taken, 4 * MIB);
	memory_share_give_back(&b);
	memory_share_give_back(&b);
	assert_int_equal(m.taken, 0);
	memory_fini(&m);
}

static void one_alone_gets_all_it_needs(void **state)
{
	struct memory m;
	struct memory_share a = share_of(&m), b = share_of(&m);
	struct error e;

	(void)state;
	memory_init(&m);
	assert_true(take(&a, 20 * MIB, &e));
	assert_true(memory_share_grow(&a, 30 * MIB, &e));
	assert_false(take(&b, MIB, &e));
	memory_share_give_back(&a);
	assert_true(take(&b, MIB, &e));
	assert_false(take(&a, 20 * MIB, &e));
	memory_share_give_back(&b);
	memory_fini(&m);
}

static void a_share_grows_if_there_is_room(void **state)
{
	struct memory m;
	struct memory_share a = share_of(&m), b = share_of(&m);
	struct error e;

	(void)state;
	memory_init(&m);
	assert_true(take(&a, 2 * MIB, &e) && take(&b, 2 * MIB, &e));
	assert_true(memory_share_grow(&a, 8 * MIB, &e));
	assert_true(memory_share_grow(&a, MIB, &e));
	assert_int_equal(a.size, 8 * MIB);
	assert_false(memory_share_grow(&b, 3 * MIB, &e));
	assert_error(&e, ERROR_FULL, "");
	assert_int_equal(m.taken, 10 * MIB);
	memory_fini(&m);
}

static void *wait_in_thread(void *ctx)
{
	struct waiting *w = ctx;

	w->taken = memory_share_take(&w->share, w->n, LONG_MS, &w->e);
	return NULL;
}

static const struct memory_waiter *last_waiting(struct memory *m)
{
	const struct memory_waiter *last;

	pthread_mutex_lock(&m->lock);
	last = m->first == NULL ? NULL : m->last;
	pthread_mutex_unlock(&m->lock);
	return last;
}

static void start_waiting(struct waiting *w, struct memory *m, int64_t n)
{
	const struct memory_waiter *before = last_waiting(m);

	*w = (struct waiting){ .share = share_of(m), .n = n };
	assert_int_equal(pthread_create(&w->thread, NULL, wait_in_thread, w),
			 0);
	for (int i = 0; last_waiting(m) == before; i++) {
		assert_true(i < LONG_MS);
		clock_sleep_ms(1);
	}
}

static void join(struct waiting *w)
{
	pthread_join(w->thread, NULL);
	assert_true(w->taken);
}

/* A small one does not overtake a large one for ever. */
static void who_waits_is_served_in_turn(void **state)
{
	struct waiting large, small;
	struct memory_share a, b;
	struct memory m;
	struct error e;

	(void)state;
	memory_init(&m);
	a = b = share_of(&m);
	assert_true(take(&a, 4 * MIB, &e) && take(&b, 4 * MIB, &e));
	start_waiting(&large, &m, 7 * MIB);
	start_waiting(&small, &m, MIB);
	assert_int_equal(m.taken, 8 * MIB);
	memory_share_give_back(&a);
	assert_int_equal(m.taken, 4 * MIB);
	memory_share_give_back(&b);
	join(&large);
	join(&small);
	assert_int_equal(m.taken, 8 * MIB);
	memory_share_give_back(&large.share);
	memory_share_give_back(&small.share);
	assert_int_equal(m.taken, 0);
	memory_fini(&m);
}

static void who_gives_up_is_in_nobodys_way(void **state)
{
	struct memory_share a, b;
	struct waiting small;
	struct memory m;
	struct error e;

	(void)state;
	memory_init(&m);
	a = b = share_of(&m);
	assert_true(take(&a, 8 * MIB, &e));
	assert_false(memory_share_take(&b, 9 * MIB, 20, &e));
	assert_null(last_waiting(&m));
	start_waiting(&small, &m, 3 * MIB);
	assert_false(memory_share_take(&b, MIB, 20, &e));
	memory_share_give_back(&a);
	join(&small);
	memory_share_give_back(&small.share);
	memory_fini(&m);
}

static void nobody_waits_for_a_process_that_ends(void **state)
{
	struct waiting first, second;
	struct memory_share a;
	struct memory m;
	struct error e;

	(void)state;
	memory_init(&m);
	a = share_of(&m);
	assert_true(take(&a, 8 * MIB, &e));
	start_waiting(&first, &m, 3 * MIB);
	start_waiting(&second, &m, 3 * MIB);
	memory_close(&m);
	pthread_join(first.thread, NULL);
	pthread_join(second.thread, NULL);
	assert_false(first.taken || second.taken);
	assert_error(&first.e, ERROR_STOPPING, "");
	assert_error(&second.e, ERROR_STOPPING, "");
	memory_share_give_back(&a);
	memory_fini(&m);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void limit_space(rlim_t bytes)
{
	const struct rlimit limit = { bytes, bytes };

	if (setrlimit(RLIMIT_AS, &limit) != 0)
		_exit(2);
}

static bool share_is_refused(void)
{
	struct memory m;
	struct memory_share a = share_of(&m);
	struct error e;

	memory_init(&m);
	return !memory_share_take(&a, 128 * MIB, 0, &e) &&
	       e.kind == ERROR_FULL &&
	       strstr(e.message, "out of memory") != NULL;
}

static bool buffer_is_starved(void)
{
	static const char block[MIB];
	struct buf b;

	buf_init(&b, SIZE_MAX);
	while (buf_append(&b, block, sizeof(block)))
		;
	return b.full && b.starved && b.len > 0 && !buf_reserve(&b, 128 * MIB);
}

static void what_the_system_refuses_is_told(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		limit_space(64 * MIB);
		_exit(share_is_refused() && buffer_is_starved() ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}
#endif

static void the_usual_limit_fits_the_machine(void **state)
{
	struct memory m;
	int64_t limit;

	(void)state;
	memory_init(&m);
	limit = memory_usual_limit(&m);
	assert_in_range(limit, MIB, 256 * MIB);
	assert_int_equal(memory_usual_limit(&m), limit);
	memory_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_together_stay_below_the_limit),
		TEST(one_alone_gets_all_it_needs),
		TEST(a_share_grows_if_there_is_room),
		TEST(who_waits_is_served_in_turn),
		TEST(who_gives_up_is_in_nobodys_way),
		TEST(nobody_waits_for_a_process_that_ends),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		TEST(what_the_system_refuses_is_told),
#endif
		TEST(the_usual_limit_fits_the_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
