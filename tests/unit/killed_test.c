/* SPDX-License-Identifier: MIT */
/*
 * Processes that are killed at each step of a request, and at any moment: each
 * request that began has one row, what it reserved comes back, and the sums of
 * usage are those of the rows. KILL_ROUNDS is how often (60).
 */
#include "tests/unit/support/test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/running.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/limited.h"
#include "tests/unit/support/skipped_time.h"

#define ROUNDS 60
#define NOON 1796126400000

/* Where a process waits to be killed. */
enum step { NOTED, OPENED, REPLYING, CLOSED, FORGOTTEN, NEVER, STEPS };

struct life {
	struct limited *limited;
	unsigned round;
	enum step until;
	int told; /* "b" and "d" with the number of each request */
};

static void tell(const struct life *life, char what, unsigned i)
{
	char text[2] = { what, (char)i };

	if (write(life->told, text, 2) != 2)
		_exit(1);
}

static void at(const struct life *life, enum step step)
{
	if (life->until == step)
		pause();
}

static void say(struct store_running *r, struct chat_reply *reply,
		enum chat_event_kind kind, const char *text)
{
	const struct chat_event event = { .kind = kind,
					  .block = CHAT_BLOCK_TEXT,
					  .text = text,
					  .n = text == NULL ? 0 :
							      strlen(text) };

	store_running_event(r, &event);
	chat_reply_event(reply, &event);
}

static void reply(const struct life *life, struct store_running *r,
		  struct chat_reply *reply)
{
	say(r, reply, CHAT_START, NULL);
	say(r, reply, CHAT_OPEN, NULL);
	for (int i = 0; i < 50; i++)
		say(r, reply, CHAT_DELTA, "whispered ");
	at(life, REPLYING);
	say(r, reply, CHAT_CLOSE, NULL);
}

/* Every other one has reserved something. */
static void ask(struct turns *f, const struct life *life, unsigned i)
{
	struct arena *a = f->arena;
	const struct store_asked asked = { .prompt_tokens = 60,
					   .service = "platform",
					   .credential = "label" };
	struct store_turn *t = database_turn(
		a,
		arena_printf(a, "%c%u.%u", i % 2 ? 'l' : 'r', life->round, i),
		NULL);
	struct store_outcome o = turns_outcome(a, STORE_DONE, "");
	struct chat_reply *r = turns_reply(a, "");
	struct store_admission wants = life->limited->wants;
	struct store_running *note;

	if (i % 2 == 1)
		t->admission = &wants;
	note = store_running_begin(f->store, t, a);
	tell(life, 'b', i);
	at(life, NOTED);
	if (i % 2 == 1)
		turns_open(f, t);
	at(life, OPENED);
	store_running_set(note, t, &asked);
	reply(life, note, r);
	o.reply = r;
	o.service = "platform";
	turns_close(f, t, &o);
	at(life, CLOSED);
	store_running_end(note, true);
	tell(life, 'd', i);
	at(life, FORGOTTEN);
}

static _Noreturn void live(const struct life *life)
{
	struct turns f = { .path = life->limited->f.path };
	struct arena a;

	arena_init(&a);
	f.arena = &a;
	f.store = database_open(&a, f.path);
	/* The second request has a reservation. */
	for (unsigned i = life->until == NEVER ? 0 : life->round / STEPS % 2;
	     i < 100; i++)
		ask(&f, life, i);
	pause();
	_exit(0);
}

static void check_row(struct limited *l, const char *id, const char *statuses)
{
	const char *sql = arena_printf(l->f.arena,
				       "SELECT count(*) FROM requests "
				       "WHERE id = '%s' AND status IN (%s)",
				       id, statuses);

	if (database_int(l->f.path, sql) != 1)
		fail_msg("%s", sql);
}

/* What the process told while it lived. */
static void check_told(struct limited *l, unsigned round, int told)
{
	char text[2];

	while (read(told, text, 2) == 2) {
		unsigned i = (unsigned char)text[1];

		check_row(l,
			  arena_printf(l->f.arena, "%c%u.%u", i % 2 ? 'l' : 'r',
				       round, i),
			  text[0] == 'd' ? "'done'" : "'done', 'interrupted'");
	}
}

/* Somebody comes twice, a second later. */
static void come(struct limited *l, unsigned round)
{
	for (int c = 'a'; c < 'c'; c++) {
		struct store_turn *t;

		skipped_time_pass(1000);
		t = turns_opened(
			&l->f, arena_printf(l->f.arena, "after%u%c", round, c),
			NULL);
		turns_close(&l->f, t,
			    &(struct store_outcome){
				    .status = STORE_DONE,
				    .reply = turns_reply(l->f.arena, ""),
			    });
	}
}

static void kill_one(struct limited *l, unsigned round)
{
	struct life life = { .limited = l,
			     .round = round,
			     .until = (enum step)(round % STEPS) };
	int told[2];
	pid_t pid;
	char first[2];

	assert_int_equal(pipe(told), 0);
	life.told = told[1];
	pid = fork();
	if (pid == 0)
		live(&life);
	close(told[1]);
	assert_int_equal(read(told[0], first, 2), 2);
	nanosleep(&(struct timespec){ .tv_nsec = round * 7919 % 4000 * 1000 },
		  NULL);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	come(l, round);
	check_told(l, round, told[0]);
	close(told[0]);
}

/* Rows, sums, reservations and texts say the same. */
static void check_all(struct limited *l)
{
	static const char *const same[][2] = {
		{ "SELECT count(*) FROM requests",
		  "SELECT sum(requests) FROM usage_by_day" },
		{ "SELECT count(*) FROM requests WHERE status <> 'done'",
		  "SELECT sum(failures) FROM usage_by_day" },
		{ "SELECT sum(prompt_tokens) FROM requests",
		  "SELECT sum(prompt_tokens) FROM usage_by_day" },
		{ "SELECT sum(completion_tokens) FROM requests",
		  "SELECT sum(completion_tokens) FROM usage_by_day" },
		{ "SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) "
		  "FROM requests WHERE id LIKE 'l%'",
		  "SELECT coalesce(sum(used), 0) FROM budget_uses" },
		{ "SELECT 0", "SELECT coalesce(sum(reserved), 0) "
			      "FROM budget_uses" },
		{ "SELECT 0", "SELECT count(*) FROM requests "
			      "WHERE status = 'running'" },
		{ "SELECT count(*) FROM requests WHERE completion_tokens > 1 "
		  "AND id NOT LIKE 'after%' AND id <> 'first'",
		  "SELECT count(*) FROM messages WHERE content <> ''" },
	};
	size_t n;
	const char *notes = files_read(
		l->f.arena, arena_printf(l->f.arena, "%s-running", l->f.path),
		&n);

	for (size_t i = 0; i < COUNT(same); i++)
		if (database_int(l->f.path, same[i][0]) !=
		    database_int(l->f.path, same[i][1]))
			fail_msg("not the same: %s", same[i][1]);
	assert_null(memmem(notes, n, "whispered", strlen("whispered")));
	database_assert_sound(l->f.arena, l->f.path);
}

static void
killed_at_any_moment_a_request_has_one_row_and_no_reservation(void **state)
{
	struct limited l = limited_begin(*state, "UTC", NOON);
	const char *times = getenv("KILL_ROUNDS");
	unsigned rounds = times == NULL ? ROUNDS : (unsigned)atol(times);

	skipped_time_begin();
	limited_budget(&l, "total", "tokens", 1000000000);
	for (unsigned round = 0; round < rounds; round++)
		kill_one(&l, round);
	check_all(&l);
	print_message("%u kills, %lld requests interrupted, %lld done\n",
		      rounds,
		      (long long)database_int(l.f.path,
					      "SELECT count(*) FROM requests "
					      "WHERE status = 'interrupted'"),
		      (long long)database_int(l.f.path,
					      "SELECT count(*) FROM requests "
					      "WHERE status = 'done'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_at_any_moment_a_request_has_one_row_and_no_reservation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
