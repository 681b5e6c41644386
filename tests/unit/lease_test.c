/* SPDX-License-Identifier: MIT */
/* Leases: what a process has for itself, however it ends. */
#include "tests/unit/support/test.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/file_contents_internal.h"
#include "store/keys_internal.h"
#include "store/lease_internal.h"
#include "store/slots.h"
#include "store/token_renewal.h"
#include "tests/unit/support/skipped_time.h"
#include "tests/unit/support/turns.h"

#define HOUR_MS INT64_C(3600000)

#define RENEWAL_MS 30000

static const struct credential credential = { .fingerprint = "f",
					      .label = "label",
					      .secret = "secret" };

/* --- What can be had --- */

struct user {
	struct turns turns;
	struct store_turn *turn;
	int64_t slot, lock;
	struct file_content content;
};

static bool begin_upload(struct user *u)
{
	const struct store_owner owner = { .fingerprint = "k", .label = "key" };
	struct error e;
	struct db *db = db_begin(u->turns.store, DB_WRITE, &e);
	struct file_content *c = &u->content;

	*c = (struct file_content){ .size = 3, .hash = "hash" };
	return db != NULL &&
	       db_end(u->turns.store, db,
		      file_contents_expire(db, &e) &&
			      keys_ensure(db, &owner, &c->key, &e) &&
			      file_contents_add(db, c, 3, &e),
		      &e);
}

static bool open_turn(struct user *u, const char *request)
{
	struct arena *a = u->turns.arena;
	struct error e;

	u->turn = database_turn(a, request, "c");
	return store_turn_open(u->turns.store, u->turn, a, &e);
}

/* Whether the user got the only slot, the only conversation, the only right to
 * renew and all space for files: "s", "c", "r", "f". */
static const char *got(struct user *u, const char *request)
{
	struct store *s = u->turns.store;
	struct error e;

	assert_true(store_slot_take(s, "f", 1, &u->slot, &e));
	assert_true(store_token_renewal_lock(s, &credential, RENEWAL_MS,
					     &u->lock, &e));
	return arena_printf(u->turns.arena, "%s%s%s%s", u->slot ? "s" : "",
			    open_turn(u, request) ? "c" : "",
			    u->lock ? "r" : "", begin_upload(u) ? "f" : "");
}

static struct user user_of(struct arena *a, const char *path)
{
	return (struct user){
		.turns = { a, path, database_open(a, path) },
	};
}

/* What was taken is as good as given back. */
static void give_up(struct user *u)
{
	database_run(u->turns.path,
		     "UPDATE slots SET lease_uptime = 5;"
		     "UPDATE requests SET lease_uptime = 5;"
		     "UPDATE credentials SET renewing_uptime = 5;"
		     "UPDATE file_contents SET lease_uptime = 5");
}

/* --- Another process --- */

struct process {
	pid_t pid;
	int ask, told; /* a byte each */
};

/* What it still can do with its turn, and with its upload, is told. */
static void act(struct user *u, char status)
{
	struct arena *a = u->turns.arena;
	struct store_outcome o = turns_outcome(
		a, status == 'd' ? STORE_DONE : STORE_FAILED, "late");
	struct error why, e;

	error_set(&why, ERROR_UPSTREAM, "x");
	o.error = status == 'd' ? NULL : &why;
	o.chat_touched = true;
	o.request = turns_request(a, u->turn, 0, "one");
	if (store_turn_close(u->turns.store, u->turn, &o, a, &e))
		_exit(1);
	store_slot_renew(u->turns.store, u->slot, &e);
	store_slot_release(u->turns.store, u->slot, &e);
	store_token_renewal_unlock(u->turns.store, &credential, u->lock, &e);
}

static _Noreturn void live(const char *path, int in, int out)
{
	struct arena a;
	struct user u;
	char command;

	arena_init(&a);
	u = user_of(&a, path);
	if (strcmp(got(&u, "r1"), "scrf") != 0)
		_exit(1);
	while (write(out, "k", 1) == 1 && read(in, &command, 1) == 1)
		act(&u, command);
	_exit(0);
}

static void await(const struct process *p)
{
	char byte;

	assert_int_equal(read(p->told, &byte, 1), 1);
}

/* Before this process has opened the file: a connection does not survive a
 * fork. */
static struct process started(const char *path)
{
	struct process p;
	int in[2], out[2];

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	p = (struct process){ .pid = fork(), .ask = in[1], .told = out[0] };
	assert_true(p.pid >= 0);
	if (p.pid == 0)
		live(path, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	await(&p);
	return p;
}

static void ended(const struct process *p, int signal)
{
	int status;

	kill(p->pid, signal);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	assert_true(WIFSIGNALED(status));
	close(p->ask);
	close(p->told);
}

/* --- Tests --- */

static void what_a_killed_process_had_is_free_at_once(void **state)
{
	const char *path = database_path(*state);
	struct process p = started(path);
	struct user u = user_of(*state, path);

	assert_string_equal(got(&u, "r2"), "");
	ended(&p, SIGKILL);
	assert_string_equal(got(&u, "r3"), "scrf");
	assert_string_equal(database_text(*state, path,
					  "SELECT request || status || kind "
					  "FROM v_errors"),
			    "r1interruptedinterrupted");
}

static void what_a_stopped_process_had_is_free_at_its_end(void **state)
{
	const char *path = database_path(*state);
	struct process p = started(path);
	struct user u = user_of(*state, path);

	kill(p.pid, SIGSTOP);
	skipped_time_pass(TURN_LEASE_MS - 5000);
	assert_string_equal(got(&u, "r2"), "");
	skipped_time_pass(LEASE_LONGEST_MS);
	assert_string_equal(got(&u, "r3"), "scrf");
	ended(&p, SIGKILL);
}

/* Not even that it failed. */
static void what_was_taken_over_cannot_be_written_any_more(void **state)
{
	const char *path = database_path(*state);
	struct process p = started(path);
	struct user u = user_of(*state, path);
	struct error e;

	kill(p.pid, SIGSTOP);
	give_up(&u);
	assert_string_equal(got(&u, "r2"), "scrf");
	database_run(path, "UPDATE conversations SET chat = 'next'");
	kill(p.pid, SIGCONT);
	for (const char *c = "fd"; *c != '\0'; c++) {
		assert_int_equal(write(p.ask, c, 1), 1);
		await(&p);
	}
	assert_string_equal(database_text(*state, path,
					  "SELECT error_kind FROM requests "
					  "WHERE id = 'r1'"),
			    "interrupted");
	assert_string_equal(database_text(*state, path,
					  "SELECT chat FROM conversations"),
			    "next");
	assert_int_equal(database_int(path,
				      "SELECT sum(requests) FROM usage_by_day"),
			 1);
	assert_true(store_turn_renew(u.turns.store, u.turn, &e));
	assert_string_equal(got(&u, "r3"), "");
	ended(&p, SIGKILL);
}

static void setting_the_wall_clock_changes_no_lease(void **state)
{
	static const int64_t steps[] = { HOUR_MS, -HOUR_MS, 0 };
	const char *path = database_path(*state);
	struct process p = started(path);
	struct user u = user_of(*state, path);

	for (size_t i = 0; i < COUNT(steps); i++) {
		skipped_time_set_wall(steps[i]);
		assert_string_equal(got(&u, "r2"), "");
	}
	skipped_time_set_wall(-HOUR_MS);
	ended(&p, SIGKILL);
	assert_string_equal(got(&u, "r3"), "scrf");
	skipped_time_pass(LEASE_LONGEST_MS);
	assert_string_equal(got(&u, "r4"), "scrf");
	skipped_time_set_wall(0);
}

/* Whatever the machine's uptime is then. */
static void leases_of_before_a_restart_are_over(void **state)
{
	struct turns f = turns_begin(*state);
	struct user u = { .turns = f };

	assert_string_equal(got(&u, "r1"), "scrf");
	database_run(f.path, arena_printf(*state,
					  "UPDATE slots SET lease_owner = NULL,"
					  " lease_uptime = %" PRId64,
					  clock_ms() + HOUR_MS));
	assert_string_equal(got(&u, "r2"), "s");
}

static void a_copy_of_the_database_has_no_leases(void **state)
{
	const char *path = database_path(*state);
	const char *copy = database_path(*state);
	struct process p = started(path);
	struct user u;

	database_run(path, arena_printf(*state, "VACUUM INTO '%s'", copy));
	u = user_of(*state, copy);
	assert_string_equal(got(&u, "r2"), "scrf");
	ended(&p, SIGKILL);
}

/* Then nobody can see who is dead. */
static void where_no_file_can_be_locked_the_end_counts(void **state)
{
	const char *path = database_path(*state);
	struct process p;
	struct user u;

	assert_int_equal(mkdir(arena_printf(*state, "%s-alive", path), 0700),
			 0);
	p = started(path);
	u = user_of(*state, path);
	ended(&p, SIGKILL);
	assert_string_equal(got(&u, "r2"), "");
	skipped_time_set_wall(HOUR_MS);
	assert_string_equal(got(&u, "r2"), "");
	skipped_time_set_wall(0);
	skipped_time_pass(LEASE_LONGEST_MS);
	assert_string_equal(got(&u, "r3"), "scrf");
}

static void a_file_that_was_deleted_is_made_again(void **state)
{
	const char *path = database_path(*state);
	struct user b = user_of(*state, path);
	struct user a = { .turns = { *state, path, NULL } };
	struct error e;

	assert_true(store_open(&a.turns.store, path, NULL, STORE_WAIT_MS, &e));
	assert_string_equal(got(&a, "r1"), "scrf");
	assert_string_equal(got(&b, "r2"), "");
	assert_int_equal(unlink(arena_printf(*state, "%s-alive", path)), 0);
	assert_true(store_slot_renew(a.turns.store, a.slot, &e));
	assert_string_equal(got(&b, "r3"), "");
	store_close(a.turns.store);
	assert_string_equal(got(&b, "r4"), "scrf");
}

static void set_old_lease(struct turns *f, int64_t until)
{
	database_run(f->path,
		     arena_printf(f->arena,
				  "UPDATE slots SET lease_owner = NULL, "
				  "lease_uptime = NULL, lease_until = %lld",
				  (long long)until));
}

/* A program of the version before, which still runs while it is upgraded. */
static void who_knows_no_owners_goes_by_the_wall_clock(void **state)
{
	struct turns f = turns_begin(*state);
	struct user u = { .turns = f };

	assert_string_equal(got(&u, "r1"), "scrf");
	set_old_lease(&f, clock_wall_ms() + 20000);
	assert_string_equal(got(&u, "r2"), "");
	skipped_time_set_wall(-HOUR_MS);
	assert_string_equal(got(&u, "r2"), "s");
	skipped_time_set_wall(0);
	set_old_lease(&f, clock_wall_ms() - 1);
	assert_string_equal(got(&u, "r2"), "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_killed_process_had_is_free_at_once),
		TEST(what_a_stopped_process_had_is_free_at_its_end),
		TEST(what_was_taken_over_cannot_be_written_any_more),
		TEST(setting_the_wall_clock_changes_no_lease),
		TEST(leases_of_before_a_restart_are_over),
		TEST(a_copy_of_the_database_has_no_leases),
		TEST(where_no_file_can_be_locked_the_end_counts),
		TEST(a_file_that_was_deleted_is_made_again),
		TEST(who_knows_no_owners_goes_by_the_wall_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
