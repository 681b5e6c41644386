/* SPDX-License-Identifier: MIT */
/* Settings as lines of a file. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_help.h"
#include "base/config_load.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/settings.h"

static void a_file_is_read_line_by_line(void **state)
{
	struct config c = settings_loaded(
		*state, "# comment\n\n  KIMI_TOKENS = a,b=c \r\n"
			"\tKIMI_PREFIX=\"/ai \"\nDEBUG='true'\n"
			"KIMI_KEEPALIVE=0.25\nKIMI_WORKERS=7\n"
			"KIMI_DRAIN=0\nKIMI_WEB_URL=\n"
			"MOONSHOT_URL=https://x.example/v1//\n"
			"ALLOW_CUSTOM_TOKENS=off");

	settings_assert_list(c.tokens, "<a><b=c>");
	assert_string_equal(c.prefix, "/ai ");
	assert_true(c.debug);
	assert_int_equal(c.keepalive_ms, 250);
	assert_int_equal(c.workers, 7);
	assert_int_equal(c.drain_ms, 0);
	settings_assert_list(c.web_urls,
			     "<https://www.kimi.com><https://www.kimi.ai>");
	settings_assert_list(c.platform_urls, "<https://x.example/v1>");
	assert_false(c.allow_custom_tokens);
}

static void a_comment_behind_a_value_is_none_of_it(void **state)
{
	static const char *const rows[][2] = {
		{ "/x/y   # my log", "/x/y" },
		{ "/x/y\t# my log", "/x/y" },
		{ "/x/y #", "/x/y" },
		{ "/x/y # a # b", "/x/y" },
		{ "/x#y", "/x#y" },
		{ "/x#y # z", "/x#y" },
		{ "/x y", "/x y" },
		{ " # my log", NULL },
		{ " #", NULL },
		{ "\"/x # y\"", "/x # y" },
		{ "'/x # y' # z", "/x # y" },
		{ "\"/x\" # say \"z\"", "/x" },
		{ "\"/x\"\t", "/x" },
		{ "'it's'", "it's" },
		{ "/x\"y\"", "/x\"y\"" },
		{ "\"#x\"", "#x" },
		{ "\"\" # none", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct config c = settings_loaded(
			*state,
			arena_printf(*state, "KIMI_PREFIX=%s\r\n", rows[i][0]));

		if (rows[i][1] == NULL)
			assert_null(c.prefix);
		else
			assert_string_equal(c.prefix, rows[i][1]);
	}
}

static void what_may_be_a_comment_is_refused(void **state)
{
	static const char *const values[] = {
		"#s3cret",	 "\"s3cret",	 "'s3cret\"",
		"\"s3cret\"# x", "\"s3cret\" x", "'s3cret' 'x",
	};

	for (size_t i = 0; i < COUNT(values); i++) {
		struct error e = { .kind = ERROR_KINDS };
		struct config c;

		if (settings_load(*state,
				  arena_printf(*state,
					       "DEBUG=1 # on\nKIMI_PREFIX=%s\n",
					       values[i]),
				  &c, &e))
			fail_msg("accepted: %s", values[i]);
		assert_error(&e, ERROR_SETUP, "KIMI_PREFIX");
		assert_contains(e.message, "kimi.conf line 2: KIMI_PREFIX ");
		assert_lacks(e.message, "s3cret");
	}
}

static void an_editor_s_mark_is_no_part_of_the_file(void **state)
{
	assert_true(settings_loaded(*state, "\xEF\xBB\xBF"
					    "DEBUG=1\n")
			    .debug);
}

static void a_file_that_is_no_plain_text_is_an_error(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	const char *path =
		arena_printf(*state, "%s/kimi.conf", files_folder(*state));
	struct config c;
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fwrite("\xFF\xFE"
	       "D\0E\0",
	       1, 6, file);
	fclose(file);
	assert_false(config_load(&c, *state, path, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "UTF-8");
}

static void the_environment_wins(void **state)
{
	struct config c;

	setenv("KIMI_TOKENS", "from-environment", 1);
	setenv("KIMI_PREFIX", "", 1);
	c = settings_loaded(*state,
			    "KIMI_TOKENS=from-file\nKIMI_PREFIX=/file\n");
	settings_clean(state);
	settings_assert_list(c.tokens, "<from-environment>");
	assert_string_equal(c.prefix, "/file");
}

static void bad_lines_are_numbered_and_never_shown(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	struct config c;

	assert_false(settings_load(*state, "# a\n\nsk-s3cret without a sign\n",
				   &c, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "kimi.conf line 3: ");
	assert_lacks(e.message, "s3cret");
	/* A credential on a line of its own, with its padding. */
	assert_false(settings_load(*state, "web.s3cret=\n", &c, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "kimi.conf line 1: ");
	assert_lacks(e.message, "s3cret");
}

/* As a shell would read it. */
static void export_is_to_be_left_out(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	struct config c;

	assert_false(settings_load(*state, "export KIMI_TOKENS=sk-s3cret\n", &c,
				   &e));
	assert_string_equal(e.message,
			    "kimi.conf line 1: expected NAME=value or a "
			    "# comment; leave out 'export'.");
	assert_false(settings_load(*state, "exported KIMI_TOKENS\n", &c, &e));
	assert_string_equal(e.message, "kimi.conf line 1: expected NAME=value "
				       "or a # comment.");
}

static void a_repeated_setting_is_an_error(void **state)
{
	static const char *const firsts[] = { "KIMI_PREFIX=/a",
					      "KIMI_PREFIX=" };

	for (size_t i = 0; i < COUNT(firsts); i++) {
		struct error e = { .kind = ERROR_KINDS };
		struct config c;

		assert_false(settings_load(
			*state,
			arena_printf(*state, "\n%s\nKIMI_PREFIX=/b\nDEBUG=1\n",
				     firsts[i]),
			&c, &e));
		assert_error(&e, ERROR_SETUP, "KIMI_PREFIX");
		assert_string_equal(e.message,
				    "kimi.conf line 3: KIMI_PREFIX was already "
				    "set in line 2.");
		assert_true(c.debug);
	}
}

static void a_misspelt_setting_names_the_nearest(void **state)
{
	static const char *const rows[][2] = {
		{ "KIMI_TOKEN", "KIMI_TOKENS" },
		{ "TOKENS", "KIMI_TOKENS" },
		{ "kimi_tokens", "KIMI_TOKENS" },
		{ "KIMI_TOKESN", "KIMI_TOKENS" },
		{ "DEFAULT_AUTH_KEYS", "DEFAULT_AUTHKEYS" },
		{ "AUTHKEYS", "DEFAULT_AUTHKEYS" },
		{ "KIMI_DEBUG", "DEBUG" },
		{ "KIMI_MOONSHOT_URL", "MOONSHOT_URL" },
		{ "MOONSHOT_URLS", "MOONSHOT_URL" },
		{ "KIMI_KEEP_ALIVE", "KIMI_KEEPALIVE" },
		{ "KIMI_MODEL_ALIAS", "KIMI_MODEL_ALIASES" },
		{ "KIMI_CORS", "KIMI_CORS_ORIGINS" },
		{ "PORT", NULL },
		{ "KIMI_PORT", NULL },
		{ "KIMI_LOGS", "KIMI_LOG" },
		{ "KIMI_DATABASE", NULL },
		{ "KIMI_KEEPALIFE", "KIMI_KEEPALIVE" },
		{ "X", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e = { .kind = ERROR_KINDS };
		const char *wanted = arena_printf(
			*state, "kimi.conf line 2: unknown setting %s%s%s",
			rows[i][0],
			rows[i][1] == NULL ? "; see" : "; did you mean ",
			rows[i][1] == NULL ? "" : rows[i][1]);
		struct config c;

		assert_false(settings_load(
			*state,
			arena_printf(*state, "\n%s=sk-s3cret\n", rows[i][0]),
			&c, &e));
		assert_error(&e, ERROR_SETUP, "");
		assert_memory_equal(e.message, wanted, strlen(wanted));
		assert_lacks(e.message, "s3cret");
	}
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	const char *folder = files_folder(*state);
	struct config c;

	assert_false(config_load(&c, *state,
				 arena_printf(*state, "%s/none", folder), &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "none cannot be read: ");
	assert_false(config_load(&c, *state, folder, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "cannot be read: ");
}

static void a_file_that_is_too_long_is_an_error(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	struct config c;
	const char *most = arena_printf(*state, "#%65534d\n", 0);

	assert_true(settings_load(*state, most, &c, &e));
	assert_false(settings_load(*state, arena_printf(*state, "%s#", most),
				   &c, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "64 KiB");
}

static const struct config_source *source_of(const struct config_trace *t,
					     const char *name)
{
	struct config_help d;
	size_t i = 0;

	while (config_help_find(i, &d) && strcmp(d.name, name) != 0)
		i++;
	assert_non_null(d.name);
	return &t->sources[i];
}

static void a_trace_has_the_place_of_each_value_and_all_faults(void **state)
{
	const char *path =
		arena_printf(*state, "%s/kimi.conf", files_folder(*state));
	const struct config_source *queue, *log, *db, *debug;
	struct config_trace t;
	struct config c;

	files_write(path, "KIMI_QUEUE = 7\nDEBUG=maybe\nKIMI_X=1\n"
			  "KIMI_LOG=/file\n");
	setenv("KIMI_LOG", "/environment", 1);
	assert_false(config_load_traced(&c, *state, path, &t));
	unsetenv("KIMI_LOG");
	queue = source_of(&t, "KIMI_QUEUE");
	log = source_of(&t, "KIMI_LOG");
	db = source_of(&t, "KIMI_DB");
	debug = source_of(&t, "DEBUG");
	assert_string_equal(queue->place, "kimi.conf line 1");
	assert_string_equal(queue->value, "7");
	assert_string_equal(log->place, "environment");
	assert_string_equal(log->value, "/environment");
	assert_string_equal(debug->place, "default");
	assert_null(db->place);
	assert_null(db->value);
	assert_int_equal(t.n_faults, 2);
	assert_contains(t.faults[0], "kimi.conf line 2: DEBUG");
	assert_contains(t.faults[1],
			"kimi.conf line 3: unknown setting KIMI_X");
}

static void what_may_hold_a_secret_is_marked(void **state)
{
	struct config_help d;

	(void)state;
	for (size_t i = 0; config_help_find(i, &d); i++)
		if (strstr(d.name, "TOKENS") != NULL ||
		    strstr(d.name, "KEYS") != NULL)
			assert_true(
				d.secret ||
				strcmp(d.name, "ALLOW_CUSTOM_TOKENS") == 0 ||
				strcmp(d.name, "KIMI_STRANGER_TOKENS") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read_line_by_line),
		TEST(a_comment_behind_a_value_is_none_of_it),
		TEST(what_may_be_a_comment_is_refused),
		TEST(an_editor_s_mark_is_no_part_of_the_file),
		TEST(a_file_that_is_no_plain_text_is_an_error),
		TEST(the_environment_wins),
		TEST(bad_lines_are_numbered_and_never_shown),
		TEST(export_is_to_be_left_out),
		TEST(a_repeated_setting_is_an_error),
		TEST(a_misspelt_setting_names_the_nearest),
		TEST(a_file_that_is_not_there_is_an_error),
		TEST(a_file_that_is_too_long_is_an_error),
		TEST(a_trace_has_the_place_of_each_value_and_all_faults),
		TEST(what_may_hold_a_secret_is_marked),
	};

	return cmocka_run_group_tests(tests, settings_clean, NULL);
}
