/* SPDX-License-Identifier: MIT */
/* Threads whose transactions meet share a commit, and nothing else. */
#include "tests/unit/support/test.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/db_internal.h"
#include "store/slots.h"
#include "tests/unit/support/turns.h"

#define WRITERS 16
#define SOON_MS 20000

/* A thread that closes a turn, or wants to. */
struct writer {
	pthread_t thread;
	struct store *store;
	struct arena arena;
	struct store_turn *turn;
	struct store_outcome outcome;
	struct error why;
	bool ok;
};

static void *close_turn(void *ctx)
{
	struct writer *w = ctx;

	w->ok = store_turn_close(w->store, w->turn, &w->outcome, &w->arena,
				 &w->why);
	return NULL;
}

static void prepare(struct turns *f, struct writer *w, int i)
{
	const char *id = arena_printf(f->arena, "r%d", i);

	*w = (struct writer){ .store = f->store,
			      .turn = database_turn(f->arena, id, NULL) };
	arena_init(&w->arena);
	w->outcome = turns_outcome(&w->arena, STORE_DONE, id);
}

static void start(struct writer *w)
{
	assert_int_equal(pthread_create(&w->thread, NULL, close_turn, w), 0);
}

static void await(const struct turns *f, int coming)
{
	int64_t give_up = clock_ms() + SOON_MS;

	while (atomic_load(&f->store->group.coming) < coming) {
		assert_true(clock_ms() < give_up);
		clock_sleep_ms(1);
	}
}

static void join(struct writer *w)
{
	pthread_join(w->thread, NULL);
	arena_fini(&w->arena);
}

/* Has the connection until all of them wait for it. */
static void meet(struct turns *f, struct writer *writers, size_t n)
{
	struct error e;

	assert_true(db_lock(f->store, clock_ms() + SOON_MS, &e));
	for (size_t i = 0; i < n; i++)
		start(&writers[i]);
	await(f, (int)n);
	pthread_mutex_unlock(&f->store->lock);
	for (size_t i = 0; i < n; i++)
		join(&writers[i]);
}

static int count_commit(void *ctx)
{
	++*(int *)ctx;
	return 0;
}

static int64_t done(const struct turns *f)
{
	return database_int(f->path,
			    "SELECT count(*) FROM requests r JOIN messages m "
			    "ON r.seq = m.request_seq WHERE r.status = 'done' "
			    "AND r.id = m.content");
}

static void counted(struct turns *f, int64_t n)
{
	assert_int_equal(done(f), n);
	assert_int_equal(database_int(f->path,
				      "SELECT sum(requests) FROM usage_by_day"),
			 n);
	database_assert_counted(f->arena, f->path);
	database_assert_sound(f->arena, f->path);
}

static void those_who_meet_share_a_commit(void **state)
{
	struct turns f = turns_begin(*state);
	struct writer writers[WRITERS];
	int commits = 0;

	for (int i = 0; i < WRITERS; i++)
		prepare(&f, &writers[i], i);
	sqlite3_commit_hook(f.store->db->handle, count_commit, &commits);
	meet(&f, writers, WRITERS);
	for (int i = 0; i < WRITERS; i++)
		assert_true(writers[i].ok);
	assert_int_equal(commits, 1);
	counted(&f, WRITERS);
	assert_false(f.store->group.open);
}

static void who_meets_nobody_commits_alone(void **state)
{
	struct turns f = turns_begin(*state);
	struct writer w;
	int commits = 0;

	sqlite3_commit_hook(f.store->db->handle, count_commit, &commits);
	for (int i = 0; i < 3; i++) {
		prepare(&f, &w, i);
		start(&w);
		join(&w);
		assert_true(w.ok);
		assert_int_equal(commits, i + 1);
	}
	counted(&f, 3);
}

static void one_that_fails_leaves_the_others_alone(void **state)
{
	struct turns f = turns_begin(*state);
	struct writer writers[WRITERS];

	for (int i = 0; i < WRITERS; i++) {
		prepare(&f, &writers[i], i);
		if (i % 3 == 0) /* fails after the row of the key is there */
			writers[i].turn->dialect = NULL;
		if (i % 3 == 1) /* fails at the last statement */
			writers[i].turn->owner.fingerprint =
				arena_printf(*state, "key %d", i);
	}
	database_run(f.path, "CREATE TRIGGER t BEFORE INSERT ON messages WHEN "
			     "new.content IN ('r1', 'r4', 'r7', 'r10', 'r13') "
			     "BEGIN SELECT raise(ABORT, 'no'); END");
	meet(&f, writers, WRITERS);
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(writers[i].ok, i % 3 == 2);
		if (!writers[i].ok)
			assert_error(&writers[i].why, ERROR_SETUP, "");
	}
	counted(&f, WRITERS / 3);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests"),
			 WRITERS / 3);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM keys "
					      "WHERE fingerprint LIKE 'key%'"),
			 0);
}

/* A full database ends the whole transaction. */
static void what_is_lost_together_is_done_again_alone(void **state)
{
	struct turns f = turns_begin(*state);
	struct writer writers[WRITERS];

	for (int i = 0; i < WRITERS; i++) {
		prepare(&f, &writers[i], i);
		writers[i].turn->key_row = 0;
	}
	database_run(f.path, "CREATE TRIGGER t BEFORE INSERT ON messages WHEN "
			     "new.content = 'r5' "
			     "BEGIN SELECT raise(ROLLBACK, 'no'); END");
	meet(&f, writers, WRITERS);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(writers[i].ok, i != 5);
	counted(&f, WRITERS - 1);
}

static int refuse_first(void *ctx)
{
	return ++*(int *)ctx == 1;
}

static void a_commit_that_fails_is_made_for_each_alone(void **state)
{
	struct turns f = turns_begin(*state);
	struct writer writers[WRITERS];
	int commits = 0;

	for (int i = 0; i < WRITERS; i++)
		prepare(&f, &writers[i], i);
	sqlite3_commit_hook(f.store->db->handle, refuse_first, &commits);
	meet(&f, writers, WRITERS);
	sqlite3_commit_hook(f.store->db->handle, NULL, NULL);
	for (int i = 0; i < WRITERS; i++)
		assert_true(writers[i].ok);
	assert_int_equal(commits, 1 + WRITERS);
	counted(&f, WRITERS);
}

static void all_wait_for_another_process(void **state)
{
	struct turns f = turns_begin(*state);
	struct writer writers[WRITERS];
	sqlite3 *other = NULL;

	for (int i = 0; i < WRITERS; i++) {
		prepare(&f, &writers[i], i);
		writers[i].outcome.begun = true;
	}
	assert_int_equal(sqlite3_open(f.path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	for (int i = 0; i < WRITERS; i++)
		start(&writers[i]);
	clock_sleep_ms(300);
	assert_int_equal(done(&f), 0);
	sqlite3_close(other);
	for (int i = 0; i < WRITERS; i++) {
		join(&writers[i]);
		assert_true(writers[i].ok);
	}
	counted(&f, WRITERS);
}

/* A thread that left its transaction open for one that is still to come. */
static void leave_open(struct turns *f, struct writer *w, int i)
{
	int64_t give_up = clock_ms() + SOON_MS;
	bool open = false;
	struct error e;

	prepare(f, w, i);
	atomic_fetch_add(&f->store->group.coming, 1);
	start(w);
	while (!open) {
		assert_true(clock_ms() < give_up);
		assert_true(db_lock(f->store, give_up, &e));
		open = f->store->group.open;
		pthread_mutex_unlock(&f->store->lock);
	}
}

static void nothing_is_done_before_its_commit(void **state)
{
	struct turns f = turns_begin(*state);
	struct writer w;

	leave_open(&f, &w, 1);
	clock_sleep_ms(50);
	assert_true(f.store->group.open);
	assert_int_equal(done(&f), 0);
	/* Whoever was to come has lost its patience. */
	atomic_fetch_sub(&f.store->group.coming, 1);
	join(&w);
	assert_true(w.ok);
	counted(&f, 1);
}

static void whoever_cannot_join_commits_first(void **state)
{
	static const enum db_mode modes[] = { DB_READ, DB_LOOK, DB_WRITE,
					      DB_DURABLE, DB_CHECK };
	struct turns f = turns_begin(*state);
	struct writer w;
	struct error e;

	for (int i = 0; i < (int)COUNT(modes); i++) {
		struct db *db;

		leave_open(&f, &w, i);
		db = db_begin(f.store, modes[i], &e);
		assert_non_null(db);
		assert_int_equal(done(&f), i + 1);
		assert_true(db_commit(f.store, db, &e));
		atomic_fetch_sub(&f.store->group.coming, 1);
		join(&w);
		assert_true(w.ok);
	}
	leave_open(&f, &w, COUNT(modes));
	store_empty_log(f.store);
	assert_int_equal(done(&f), COUNT(modes) + 1);
	atomic_fetch_sub(&f.store->group.coming, 1);
	join(&w);
	counted(&f, COUNT(modes) + 1);
}

/* The last one's failure ends what it does, not what others did. */
static void a_last_one_that_fails_commits_for_the_others(void **state)
{
	struct turns f = turns_begin(*state);
	struct writer w, failing;

	leave_open(&f, &w, 1);
	atomic_fetch_sub(&f.store->group.coming, 1);
	prepare(&f, &failing, 2);
	failing.turn->dialect = NULL;
	start(&failing);
	join(&failing);
	join(&w);
	assert_false(failing.ok);
	assert_true(w.ok);
	counted(&f, 1);
}

static void a_process_that_is_killed_leaves_the_group_undone(void **state)
{
	struct turns f = turns_begin(*state);
	int ready[2];
	char byte;
	pid_t pid;

	turns_play(&f, "before", 0, "one", "before");
	store_empty_log(f.store);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct turns child = f;
		struct writer w;
		struct error e;

		if (!store_open(&child.store, f.path, NULL, STORE_WAIT_MS, &e))
			_exit(1);
		leave_open(&child, &w, 1);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests"),
			 1);
	turns_play(&f, "after", 2, "two", "after");
	database_assert_sound(*state, f.path);
	database_assert_counted(*state, f.path);
	close(ready[0]);
	close(ready[1]);
}

static void *take_slots(void *ctx)
{
	struct writer *w = ctx;
	int64_t slot;

	for (int i = 0; i < 50; i++) {
		w->ok = store_slot_take(w->store, "c", 100, &slot, &w->why) &&
			slot != 0 &&
			store_slot_release(w->store, slot, &w->why);
		if (!w->ok)
			break;
	}
	return NULL;
}

/* All that shares commits at once, however they meet. */
static void a_crowd_gets_what_it_asks_for(void **state)
{
	struct turns f = turns_begin(*state);
	struct writer slots[WRITERS], writers[WRITERS];

	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < WRITERS; i++) {
			prepare(&f, &writers[i], round * WRITERS + i);
			prepare(&f, &slots[i], 1000 + i);
			assert_int_equal(pthread_create(&slots[i].thread, NULL,
							take_slots, &slots[i]),
					 0);
			start(&writers[i]);
		}
		for (int i = 0; i < WRITERS; i++) {
			join(&writers[i]);
			join(&slots[i]);
			assert_true(writers[i].ok && slots[i].ok);
		}
	}
	counted(&f, 4 * WRITERS);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM slots"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(those_who_meet_share_a_commit),
		TEST(who_meets_nobody_commits_alone),
		TEST(one_that_fails_leaves_the_others_alone),
		TEST(what_is_lost_together_is_done_again_alone),
		TEST(a_commit_that_fails_is_made_for_each_alone),
		TEST(all_wait_for_another_process),
		TEST(nothing_is_done_before_its_commit),
		TEST(whoever_cannot_join_commits_first),
		TEST(a_last_one_that_fails_commits_for_the_others),
		TEST(a_process_that_is_killed_leaves_the_group_undone),
		TEST(a_crowd_gets_what_it_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
