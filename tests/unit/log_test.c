/* SPDX-License-Identifier: MIT */
/* Lines of the log, and the file that they are in. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "tests/unit/support/files.h"

static const char *logged(struct arena *a, bool debug, enum log_level level,
			  const char *text)
{
	const char *path = arena_printf(a, "%s/log", files_folder(a));
	struct log log = { .debug = debug };
	struct error e;
	struct stat s;
	size_t n;

	assert_true(log_open(&log, path, &e));
	log_line(&log, level, "req_1", "event", "%s", text);
	log_close(&log);
	if (stat(path, &s) != 0)
		return "";
	assert_int_equal(s.st_mode & 0777, 0600);
	return files_read(a, path, &n);
}

static void a_log_entry_is_one_line_without_secrets(void **state)
{
	const char *line =
		logged(*state, false, LOG_INFO,
		       "a\nb\r\tsk-abcdef \x1B[2J\x7F|\xC2\x85|\xE2\x80\xA8|"
		       "\xE2\x80\xA9|\xC2\xA0\xE2\x80\xA6");

	assert_contains(line, "Z info req_1 event a b  sk-......  [2J |  |   |"
			      "   |\xC2\xA0\xE2\x80\xA6\n");
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	assert_lacks(line, "\x1B");
}

static void a_long_log_line_is_cut(void **state)
{
	char *text = arena_alloc(*state, 5001);
	const char *line;

	memset(text, 'x', 5000);
	line = logged(*state, false, LOG_ERROR, text);
	assert_in_range(strlen(line), 100, 1024);
	assert_int_equal(line[strlen(line) - 1], '\n');
}

static const char *logged_json(struct arena *a, const struct log_field *fields,
			       size_t n, const char *text)
{
	const char *path = arena_printf(a, "%s/json", files_folder(a));
	struct log log = { .format = LOG_JSON };
	struct error e;
	size_t size;

	assert_true(log_open(&log, path, &e));
	log_write(&log, &(struct log_entry){ .level = LOG_ERROR,
					     .event = "event",
					     .fields = fields,
					     .n_fields = n,
					     .text = text });
	log_close(&log);
	return files_read(a, path, &size);
}

static void fields_stand_before_the_text(void **state)
{
	static const struct log_field fields[] = {
		{ .name = "method", .text = "GET", .bare = true },
		{ .name = "ms", .number = 12, .bare = true, .ms = true },
		{ .name = "key", .text = "of Anna" },
		{ .name = "tokens", .number = 0 },
		{ .name = "cost", .number = 1020000003, .nanos = true },
		{ .name = "loss", .number = -5, .nanos = true },
	};
	const char *path = arena_printf(*state, "%s/log", files_folder(*state));
	struct log_entry entry = { .level = LOG_INFO,
				   .id = "req_1",
				   .event = "request",
				   .fields = fields,
				   .n_fields = COUNT(fields) };
	struct log log = { .debug = false };
	struct error e;
	size_t n;

	assert_true(log_open(&log, path, &e));
	entry.text = "why";
	log_write(&log, &entry);
	entry.id = "req_2";
	entry.n_fields = 2;
	entry.text = NULL;
	log_write(&log, &entry);
	log_close(&log);
	assert_contains(files_read(*state, path, &n),
			" info req_1 request GET 12ms key=\"of Anna\" tokens=0 "
			"cost=1.020000003 loss=-0.000000005 why\n");
	assert_contains(files_read(*state, path, &n),
			" info req_2 request GET 12ms\n");
	assert_contains(logged_json(*state, fields, COUNT(fields), "why"),
			"\"level\":\"error\",\"event\":\"event\",\"id\":null,"
			"\"method\":\"GET\",\"ms\":12,\"key\":\"of Anna\","
			"\"tokens\":0,\"cost\":1.020000003,"
			"\"loss\":-0.000000005,\"text\":\"why\"}\n");
}

static const char *logged_fields(struct arena *a,
				 const struct log_field *fields, size_t n)
{
	const char *path = arena_printf(a, "%s/fields", files_folder(a));
	struct log log = { .debug = false };
	struct error e;
	size_t size;

	assert_true(log_open(&log, path, &e));
	log_write(&log, &(struct log_entry){ .level = LOG_INFO,
					     .id = "req_1",
					     .event = "request",
					     .fields = fields,
					     .n_fields = n });
	log_close(&log);
	return files_read(a, path, &size);
}

static void no_value_looks_like_two(void **state)
{
	static const struct log_field fields[] = {
		{ .name = "path", .text = "/ 200 1ms key=anna", .bare = true },
		{ .name = "a", .text = "x\" key=\"anna" },
		{ .name = "b", .text = "\xE2\x80\xA8key" },
		{ .name = "c", .text = "\x1Bkey" },
		{ .name = "d", .text = "…" },
		{ .name = "e", .text = "" },
	};

	assert_contains(logged_fields(*state, fields, COUNT(fields)),
			" request \"/ 200 1ms key=anna\" a=\"x' key='anna\" "
			"b=\"   key\" c=\" key\" d=… e=\n");
}

static void no_text_breaks_a_line_of_json(void **state)
{
	static const char *const texts[] = {
		"a\nb\r\t\"\\\",\"level\":\"info",
		"\xFF\xC0\x80 \xED\xA0\x80 \xF0\x9F\x91",
		"\x1B[2J\x7F\xE2\x80\xA8",
		"sk-abcdefghijklmnopqrstuvwxyz0123456789",
	};
	char *longest = arena_alloc(*state, 5001);

	memset(longest, '"', 5000);
	for (size_t i = 0; i <= COUNT(texts); i++) {
		const char *text = i < COUNT(texts) ? texts[i] : longest;
		const struct log_field fields[] = {
			{ .name = "model", .text = text },
			{ .name = "key", .text = text }
		};
		const char *line = logged_json(*state, fields, 2, text);
		const char *last = line + strlen(line) - 1;
		struct error e;
		const cJSON *tree;

		while (last > line && last[-1] != '\n')
			last--;
		tree = json_parse(*state, last, strlen(last), &e);
		assert_non_null(tree);
		assert_int_equal(strchr(last, '\n') - last, strlen(last) - 1);
		assert_non_null(json_text(tree, "model"));
		assert_string_equal(json_text(tree, "key"),
				    json_text(tree, "text"));
		assert_lacks(last, "sk-a");
	}
}

/* Writes lines until one is in a new file of the log's name. */
static void log_until_reopened(const struct log *log, const char *path)
{
	struct stat s = { 0 };

	for (int i = 0; i < 500 && s.st_size == 0; i++) {
		log_line(log, LOG_INFO, NULL, "event", "line %d", i);
		clock_sleep_ms(10);
		s.st_size = 0;
		stat(path, &s);
	}
	log_line(log, LOG_INFO, NULL, "event", "after all");
}

static void a_log_file_that_was_moved_away_is_made_anew(void **state)
{
	const char *folder = files_folder(*state);
	const char *path = arena_printf(*state, "%s/log", folder);
	const char *moved = arena_printf(*state, "%s/log.1", folder);
	struct log log = { 0 };
	struct error e;
	struct stat s;
	size_t n;

	assert_true(log_open(&log, path, &e));
	log_line(&log, LOG_INFO, NULL, "event", "before");
	assert_int_equal(rename(path, moved), 0);
	log_until_reopened(&log, path);
	assert_contains(files_read(*state, moved, &n), "before");
	assert_lacks(files_read(*state, moved, &n), "after all");
	assert_contains(files_read(*state, path, &n), "after all");
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0600);
	log_close(&log);
}

static void a_log_file_that_was_replaced_is_left(void **state)
{
	const char *folder = files_folder(*state);
	const char *path = arena_printf(*state, "%s/log", folder);
	const char *moved = arena_printf(*state, "%s/log.1", folder);
	struct log log = { 0 };
	struct error e;
	size_t n;

	files_write(path, "");
	assert_true(log_open(&log, path, &e));
	assert_int_equal(rename(path, moved), 0);
	files_write(path, "");
	log_until_reopened(&log, path);
	assert_contains(files_read(*state, path, &n), "after all");
	assert_lacks(files_read(*state, moved, &n), "after all");
	log_close(&log);
}

static void a_log_that_cannot_be_made_anew_goes_on_as_it_was(void **state)
{
	const char *folder =
		arena_printf(*state, "%s/logs", files_folder(*state));
	const char *moved = arena_printf(*state, "%s.old", folder);
	const char *path = arena_printf(*state, "%s/log", folder);
	struct log log = { 0 };
	struct error e;
	size_t n;

	assert_int_equal(mkdir(folder, 0700), 0);
	files_write(path, "");
	assert_true(log_open(&log, path, &e));
	assert_int_equal(rename(folder, moved), 0);
	clock_sleep_ms(1100);
	log_line(&log, LOG_INFO, NULL, "event", "still here");
	assert_false(log_check(&log, &e));
	assert_contains(e.message, "No such file");
	log_close(&log);
	assert_contains(files_read(*state,
				   arena_printf(*state, "%s/log", moved), &n),
			"still here");
}

static void a_log_is_made_by_its_first_line(void **state)
{
	const char *path = arena_printf(*state, "%s/log", files_folder(*state));
	struct log log = { 0 };
	struct error e;

	assert_true(log_open(&log, path, &e));
	assert_true(log_check(&log, &e));
	assert_int_not_equal(access(path, F_OK), 0);
	log_line(&log, LOG_INFO, NULL, "event", "first");
	assert_int_equal(access(path, F_OK), 0);
	log_close(&log);
}

static void
a_log_that_could_not_be_opened_is_used_as_soon_as_it_can(void **state)
{
	const char *folder =
		arena_printf(*state, "%s/logs", files_folder(*state));
	const char *path = arena_printf(*state, "%s/log", folder);
	struct log log = { 0 };
	struct error e;
	size_t n;

	assert_false(log_open(&log, path, &e));
	assert_contains(e.message, path);
	assert_false(log_check(&log, &e));
	assert_contains(e.message, path);
	assert_int_equal(mkdir(folder, 0700), 0);
	log_until_reopened(&log, path);
	assert_true(log_check(&log, &e));
	assert_contains(files_read(*state, path, &n), "after all");
	log_close(&log);
}

static void a_log_that_cannot_be_written_says_so(void **state)
{
	struct log log = { 0 };
	struct error e;

	(void)state;
	assert_true(log_open(&log, "/dev/null", &e));
	close(log.fd);
	log_line(&log, LOG_INFO, NULL, "event", "lost");
	assert_false(log_check(&log, &e));
	assert_contains(e.message, "/dev/null: Bad file");
	log_close(&log);
}

static void debug_lines_need_the_debug_setting(void **state)
{
	assert_string_equal(logged(*state, false, LOG_DEBUG, "x"), "");
	assert_contains(logged(*state, true, LOG_DEBUG, "x"), "debug");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_log_entry_is_one_line_without_secrets),
		TEST(a_long_log_line_is_cut),
		TEST(fields_stand_before_the_text),
		TEST(no_value_looks_like_two),
		TEST(no_text_breaks_a_line_of_json),
		TEST(a_log_file_that_was_moved_away_is_made_anew),
		TEST(a_log_file_that_was_replaced_is_left),
		TEST(a_log_that_cannot_be_made_anew_goes_on_as_it_was),
		TEST(a_log_is_made_by_its_first_line),
		TEST(a_log_that_could_not_be_opened_is_used_as_soon_as_it_can),
		TEST(a_log_that_cannot_be_written_says_so),
		TEST(debug_lines_need_the_debug_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
