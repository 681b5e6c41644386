/* SPDX-License-Identifier: MIT */
/* Requests whose process is killed: the next one closes them. */
#include "tests/unit/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/running.h"
#include "store/running_file_internal.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/skipped_time.h"
#include "tests/unit/support/turns.h"

/* What a process does until it is killed. */
struct life {
	bool ephemeral, opened, two;
	const char *conversation;
	size_t times; /* the reply's text is repeated; 0: no reply */
};

static void tell(struct store_running *r, enum chat_event_kind kind,
		 enum chat_block block, unsigned choice, const char *text)
{
	store_running_event(
		r, &(struct chat_event){ .kind = kind,
					 .block = block,
					 .choice = choice,
					 .text = text,
					 .n = text == NULL ? 0 : strlen(text),
					 .id = "call_1",
					 .name = "look" });
}

static void reply(struct store_running *r, unsigned choice, const char *text,
		  size_t times)
{
	tell(r, CHAT_START, 0, choice, NULL);
	tell(r, CHAT_OPEN, CHAT_BLOCK_REASONING, choice, NULL);
	tell(r, CHAT_DELTA, CHAT_BLOCK_REASONING, choice, "musing");
	tell(r, CHAT_CLOSE, CHAT_BLOCK_REASONING, choice, NULL);
	tell(r, CHAT_OPEN, CHAT_BLOCK_TEXT, choice, NULL);
	for (size_t i = 0; i < times; i++)
		tell(r, CHAT_DELTA, CHAT_BLOCK_TEXT, choice, text);
}

static struct store_running *begin(struct turns *f, const char *request,
				   const struct life *life)
{
	struct store_turn *t =
		database_turn(f->arena, request, life->conversation);
	struct store_running *r;

	t->ephemeral = life->ephemeral;
	t->model = "early";
	r = store_running_begin(f->store, t, f->arena);
	assert_non_null(r);
	if (life->opened)
		turns_open(f, t);
	t->model = "k3";
	store_running_set(r, t,
			  &(struct store_asked){ .prompt_tokens = 7,
						 .credential = "label of it" });
	if (life->times > 0)
		reply(r, 0, "whispered ", life->times);
	if (life->two)
		reply(r, 1, "second", 1);
	return r;
}

static pid_t started(const char *path, const char *request,
		     const struct life *life)
{
	int told[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(told), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct arena a;
		struct turns f = { .arena = &a, .path = path };

		arena_init(&a);
		f.store = database_open(&a, path);
		begin(&f, request, life);
		if (write(told[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(told[0], &c, 1), 1);
	close(told[0]);
	close(told[1]);
	return pid;
}

static void killed(const char *path, const char *request,
		   const struct life *life)
{
	pid_t pid = started(path, request, life);

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Whether the notes hold it. */
static bool holds(struct turns *f, const char *what)
{
	size_t n;
	const char *all = files_read(
		f->arena, arena_printf(f->arena, "%s-running", f->path), &n);

	return memmem(all, n, what, strlen(what)) != NULL;
}

static const char *text(struct turns *f, const char *sql)
{
	return database_text(f->arena, f->path, sql);
}

/* A transaction of somebody else, once a second has passed. */
static void next(struct turns *f, const char *request)
{
	skipped_time_pass(1000);
	turns_opened(f, request, NULL);
}

#define ROW                                                                    \
	"SELECT status || error_kind || model || prompt_tokens || '+' || "     \
	"completion_tokens || '+' || reasoning_tokens || token_source || "     \
	"credential FROM requests WHERE id = 'r1'"

static void a_request_killed_at_its_start_has_a_row(void **state)
{
	struct turns f = turns_begin(*state);

	skipped_time_begin();
	killed(f.path, "r1", &(struct life){ 0 });
	next(&f, "r2");
	assert_string_equal(text(&f, "SELECT status || model || "
				     "(prompt_tokens IS NULL) FROM requests "
				     "WHERE id = 'r1'"),
			    "interruptedk31");
	assert_string_equal(text(&f, "SELECT failures || token_source "
				     "FROM usage_by_day"),
			    "1none");
}

static void a_killed_reply_is_kept_and_counted(void **state)
{
	struct turns f = turns_begin(*state);

	skipped_time_begin();
	killed(f.path, "r1", &(struct life){ .times = 2 });
	next(&f, "r2");
	assert_string_equal(text(&f, ROW), "interruptedinterruptedk37+8+2"
					   "estimatedlabel of it");
	assert_string_equal(text(&f, "SELECT content || reasoning || "
				     "(uid IS NULL) FROM messages"),
			    "whispered whispered musing1");
	assert_string_equal(
		text(&f, "SELECT requests || failures || prompt_tokens || "
			 "completion_tokens || token_source FROM usage_by_day"),
		"1178estimated");
}

static void each_choice_is_kept(void **state)
{
	struct turns f = turns_begin(*state);

	skipped_time_begin();
	killed(f.path, "r1", &(struct life){ .times = 1, .two = true });
	next(&f, "r2");
	assert_string_equal(text(&f, "SELECT group_concat(content, '|') "
				     "FROM messages"),
			    "whispered |second");
	assert_string_equal(text(&f, "SELECT prompt_tokens FROM requests "
				     "WHERE id = 'r1'"),
			    "14");
}

static void a_row_that_exists_is_closed(void **state)
{
	struct turns f = turns_begin(*state);

	skipped_time_begin();
	killed(f.path, "r1",
	       &(struct life){
		       .opened = true, .conversation = "c", .times = 1 });
	turns_opened(&f, "r2", "c");
	assert_string_equal(text(&f, "SELECT status || (SELECT content || "
				     "(conversation_id IS NULL) FROM messages) "
				     "FROM requests WHERE id = 'r1'"),
			    "interruptedwhispered 1");
}

static void an_ephemeral_reply_is_counted_and_nowhere_kept(void **state)
{
	struct turns f = turns_begin(*state);
	struct life life = { .ephemeral = true, .times = 2 };
	pid_t pid;

	skipped_time_begin();
	pid = started(f.path, "r1", &life);
	assert_false(holds(&f, "whispered"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	next(&f, "r2");
	assert_string_equal(text(&f, ROW), "interruptedinterruptedk37+7+2"
					   "estimatedlabel of it");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages"),
			 0);
}

static void a_long_reply_is_whole(void **state)
{
	struct turns f = turns_begin(*state);

	skipped_time_begin();
	killed(f.path, "r1", &(struct life){ .times = 100000 });
	next(&f, "r2");
	assert_int_equal(database_int(f.path,
				      "SELECT length(content) FROM messages"),
			 1000000);
}

static void what_was_read_is_overwritten(void **state)
{
	struct turns f = turns_begin(*state);

	skipped_time_begin();
	killed(f.path, "r1", &(struct life){ .times = 2000 });
	assert_true(holds(&f, "whispered"));
	next(&f, "r2");
	next(&f, "r3");
	assert_false(holds(&f, "whispered"));
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests "
					      "WHERE id = 'r1'"),
			 1);
}

static void what_has_ended_is_overwritten(void **state)
{
	struct turns f = turns_begin(*state);
	struct stat st;

	store_running_end(begin(&f, "r1", &(struct life){ .times = 2000 }),
			  true);
	assert_false(holds(&f, "whispered"));
	assert_false(holds(&f, "label"));
	assert_int_equal(stat(arena_printf(*state, "%s-running", f.path), &st),
			 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_request_whose_end_was_not_recorded_is_closed(void **state)
{
	struct turns f = turns_begin(*state);

	skipped_time_begin();
	store_running_end(begin(&f, "r1", &(struct life){ .times = 1 }), false);
	next(&f, "r2");
	next(&f, "r3");
	assert_string_equal(text(&f, ROW), "interruptedinterruptedk37+6+2"
					   "estimatedlabel of it");
	assert_false(holds(&f, "whispered"));
	assert_string_equal(text(&f, "SELECT error FROM requests "
				     "WHERE id = 'r1'"),
			    "The request ended, but the database could not "
			    "record how.");
}

/* Its memory may be somebody else's by then. */
static void one_that_was_given_up_is_closed_once(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_running *r;

	skipped_time_begin();
	store_running_end(begin(&f, "r1", &(struct life){ .times = 1 }), false);
	next(&f, "r2");
	next(&f, "r3");
	r = begin(&f, "r4", &(struct life){ .times = 1 });
	next(&f, "r5");
	next(&f, "r6");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests "
					      "WHERE id = 'r4'"),
			 0);
	assert_true(holds(&f, "whispered"));
	store_running_end(r, true);
	assert_false(holds(&f, "whispered"));
}

static void a_running_request_is_left_alone(void **state)
{
	struct turns f = turns_begin(*state);
	pid_t pid;

	skipped_time_begin();
	begin(&f, "r1", &(struct life){ .times = 1 });
	pid = started(f.path, "r2", &(struct life){ .times = 1 });
	next(&f, "r3");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests"),
			 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Each of several processes opens a turn at the same time. */
static void many_processes_close_it_once(void **state)
{
	struct turns f = turns_begin(*state);
	pid_t pids[8];

	for (int round = 0; round < 5; round++) {
		killed(f.path, arena_printf(*state, "r%d", round),
		       &(struct life){ .times = 500 });
		for (int i = 0; i < 8; i++) {
			pids[i] = fork();
			if (pids[i] == 0) {
				struct arena a;
				struct turns own = { &a, f.path, NULL };

				arena_init(&a);
				own.store = database_open(&a, f.path);
				turns_opened(&own,
					     arena_printf(&a, "o%d.%d", round,
							  i),
					     NULL);
				_exit(0);
			}
		}
		for (int i = 0; i < 8; i++)
			waitpid(pids[i], NULL, 0);
	}
	assert_string_equal(text(&f, "SELECT count(*) || '|' || "
				     "count(DISTINCT id) FROM requests "
				     "WHERE id LIKE 'r%'"),
			    "5|5");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM messages"),
			 5);
	database_assert_sound(*state, f.path);
}

static void without_a_file_nothing_is_noted(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = database_turn(*state, "r1", NULL);

	assert_int_equal(
		mkdir(arena_printf(*state, "%s-running", f.path), 0700), 0);
	assert_null(store_running_begin(f.store, t, *state));
	store_running_event(NULL, &(struct chat_event){ .kind = CHAT_START });
	store_running_end(NULL, true);
	next(&f, "r2");
}

/* Parts of it may never have reached the disk. */
static void what_a_stopped_machine_left_is_cleared(void **state)
{
	struct turns f = { .arena = *state, .path = database_path(*state) };
	FILE *file;

	skipped_time_begin();
	killed(f.path, "r1", &(struct life){ .times = 1 });
	file = fopen(arena_printf(*state, "%s-running", f.path), "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, 8, SEEK_SET), 0);
	assert_int_equal(fwrite("another", 1, 7, file), 7);
	fclose(file);
	f.store = database_open(*state, f.path);
	next(&f, "r2");
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM requests"),
			 1);
	assert_false(holds(&f, "whispered"));
}

/* As many as there is room for; who comes then needs a row. */
static void no_block_is_lost(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_running **all =
		arena_array(*state, RUNNING_BLOCKS + 1, sizeof(*all));
	struct store_turn *t = database_turn(*state, "r1", NULL);

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < RUNNING_BLOCKS; i++) {
			all[i] = store_running_begin(f.store, t, *state);
			assert_non_null(all[i]);
		}
		assert_null(store_running_begin(f.store, t, *state));
		for (size_t i = 0; i < RUNNING_BLOCKS; i++)
			store_running_end(all[i], true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_killed_at_its_start_has_a_row),
		TEST(a_killed_reply_is_kept_and_counted),
		TEST(each_choice_is_kept),
		TEST(a_row_that_exists_is_closed),
		TEST(an_ephemeral_reply_is_counted_and_nowhere_kept),
		TEST(a_long_reply_is_whole),
		TEST(what_was_read_is_overwritten),
		TEST(what_has_ended_is_overwritten),
		TEST(a_request_whose_end_was_not_recorded_is_closed),
		TEST(one_that_was_given_up_is_closed_once),
		TEST(a_running_request_is_left_alone),
		TEST(many_processes_close_it_once),
		TEST(without_a_file_nothing_is_noted),
		TEST(what_a_stopped_machine_left_is_cleared),
		TEST(no_block_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
