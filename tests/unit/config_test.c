/* SPDX-License-Identifier: MIT */
/* Settings: defaults, file, environment, and which URLs may be reached. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allowed_url.h"
#include "base/config.h"
#include "base/config_load.h"
#include "base/config_help.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/site.h"

static bool load(struct arena *a, const char *text, struct config *c,
		 struct error *e)
{
	const char *path = NULL;

	if (text != NULL) {
		path = arena_printf(a, "%s/kimi.conf", files_folder(a));
		files_write(path, text);
	}
	return config_load(c, a, path, e);
}

static struct config loaded(struct arena *a, const char *text)
{
	struct config c;
	struct error e = { 0 };

	if (!load(a, text, &c, &e))
		fail_msg("%s", e.message);
	return c;
}

static void assert_list(struct config_list list, const char *wanted)
{
	struct buf b;

	buf_init(&b, 1000);
	for (size_t i = 0; i < list.n; i++)
		buf_printf(&b, "<%s>", list.items[i]);
	assert_string_equal(buf_text(&b), wanted);
	buf_fini(&b);
}

static void defaults_need_no_file(void **state)
{
	struct config c = loaded(*state, NULL);

	assert_null(c.tokens.items);
	assert_null(c.auth_keys.items);
	assert_null(c.model_aliases.items);
	assert_null(c.code_headers.items);
	assert_list(c.web_urls, "<https://www.kimi.com><https://www.kimi.ai>");
	assert_list(c.auth_urls,
		    "<https://auth.kimi.com><https://auth.kimi.ai>");
	assert_list(c.platform_urls, "<https://api.moonshot.ai/v1>"
				     "<https://api.moonshot.cn/v1>");
	assert_list(c.cors_origins, "<*>");
	assert_true(c.allow_custom_tokens);
	assert_false(c.debug);
	assert_int_equal(c.workers, 2048);
	assert_int_equal(c.keepalive_ms, 10000);
	assert_int_equal(c.max_body, 33554432);
	assert_int_equal(c.drain_ms, -1);
	assert_int_equal(c.queue_ms, 30000);
	assert_int_equal(c.read_timeout_ms, 600000);
}

static void a_file_is_read_line_by_line(void **state)
{
	struct config c = loaded(*state,
				 "# comment\n\n  KIMI_TOKENS = a,b=c \r\n"
				 "\tKIMI_PREFIX=\"/ai \"\nDEBUG='true'\n"
				 "KIMI_KEEPALIVE=0.25\nKIMI_WORKERS=7\n"
				 "KIMI_DRAIN=0\nKIMI_WEB_URL=\n"
				 "MOONSHOT_URL=https://x.example/v1//\n"
				 "ALLOW_CUSTOM_TOKENS=off");

	assert_list(c.tokens, "<a><b=c>");
	assert_string_equal(c.prefix, "/ai ");
	assert_true(c.debug);
	assert_int_equal(c.keepalive_ms, 250);
	assert_int_equal(c.workers, 7);
	assert_int_equal(c.drain_ms, 0);
	assert_list(c.web_urls, "<https://www.kimi.com><https://www.kimi.ai>");
	assert_list(c.platform_urls, "<https://x.example/v1>");
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
		struct config c = loaded(
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

		if (load(*state,
			 arena_printf(*state, "DEBUG=1 # on\nKIMI_PREFIX=%s\n",
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
	assert_true(loaded(*state, "\xEF\xBB\xBF"
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
	c = loaded(*state, "KIMI_TOKENS=from-file\nKIMI_PREFIX=/file\n");
	site_clean_environment();
	assert_list(c.tokens, "<from-environment>");
	assert_string_equal(c.prefix, "/file");
}

static void bad_values_are_named_and_never_shown(void **state)
{
	static const char *const rows[][2] = {
		{ "KIMI_WORKERS", "s3cret" },
		{ "KIMI_WORKERS", "0" },
		{ "KIMI_WORKERS", "100001" },
		{ "KIMI_WORKERS", "7s3cret" },
		{ "KIMI_WORKERS", "nan" },
		{ "KIMI_WORKERS", "inf" },
		{ "KIMI_KEEPALIVE", "-1s3cret" },
		{ "KIMI_KEEPALIVE", "0" },
		{ "KIMI_MAX_BODY", "1" },
		{ "DEBUG", "s3cret" },
		{ "ALLOW_CUSTOM_TOKENS", "maybes3cret" },
		{ "KIMI_WEB_URL", "http://s3cret.example" },
		{ "MOONSHOT_URL", "ftp://s3cret.example" },
		{ "MOONSHOT_URL", "s3cret" },
		{ "KIMI_CODE_URL", "https://x.example, s3cret" },
		{ "KIMI_CODE_URL", "," },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e = { .kind = ERROR_KINDS };
		struct config c;

		if (load(*state,
			 arena_printf(*state, "#\n%s=%s\n", rows[i][0],
				      rows[i][1]),
			 &c, &e))
			fail_msg("accepted: %s=%s", rows[i][0], rows[i][1]);
		assert_error(&e, ERROR_SETUP, rows[i][0]);
		assert_contains(e.message, "kimi.conf line 2: ");
		assert_contains(e.message, rows[i][0]);
		assert_lacks(e.message, "s3cret");
	}
}

static void a_bad_value_in_the_environment_says_so(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	struct config c;

	setenv("KIMI_WORKERS", "s3cret", 1);
	assert_false(load(*state, "KIMI_WORKERS=7\n", &c, &e));
	site_clean_environment();
	assert_error(&e, ERROR_SETUP, "KIMI_WORKERS");
	assert_string_equal(e.message, "environment: KIMI_WORKERS must be a "
				       "number from 1 to 100000.");
}

static void bad_lines_are_numbered_and_never_shown(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	struct config c;

	assert_false(load(*state, "# a\n\nsk-s3cret without a sign\n", &c, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "kimi.conf line 3: ");
	assert_lacks(e.message, "s3cret");
	/* A credential on a line of its own, with its padding. */
	assert_false(load(*state, "web.s3cret=\n", &c, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "kimi.conf line 1: ");
	assert_lacks(e.message, "s3cret");
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

		assert_false(load(*state,
				  arena_printf(*state, "\n%s=sk-s3cret\n",
					       rows[i][0]),
				  &c, &e));
		assert_error(&e, ERROR_SETUP, "");
		assert_memory_equal(e.message, wanted, strlen(wanted));
		assert_lacks(e.message, "s3cret");
	}
}

static void a_retired_setting_stops_nothing(void **state)
{
	struct config c;

	setenv("KIMI_FIRST_BYTE_TIMEOUT", "5", 1);
	setenv("KIMI_CONNECT_TIMEOUT", "", 1);
	c = loaded(*state, "KIMI_ADD_ITEMS=3\nKIMI_CONVERSATION_WAIT=bad\n"
			   "KIMI_PREFIX=/p\n");
	site_clean_environment();
	assert_string_equal(c.prefix, "/p");
	assert_list(c.notices,
		    "<kimi.conf line 1: KIMI_ADD_ITEMS is no longer used. "
		    "One request can add at most 20 items.>"
		    "<kimi.conf line 2: KIMI_CONVERSATION_WAIT is no longer "
		    "used. KIMI_QUEUE also sets this time.>"
		    "<environment: KIMI_FIRST_BYTE_TIMEOUT is no longer used. "
		    "KIMI_READ_TIMEOUT also sets this time.>");
}

static void the_log_mentions_retired_settings(void **state)
{
	struct site *s = site_open(*state, "KIMI_ADD_ITEMS=3\n", NULL);
	size_t n;

	assert_contains(site_ask(s, "GET", "/healthz", NULL), "Status: 200 ");
	assert_contains(files_read(*state, s->log_path, &n),
			"KIMI_ADD_ITEMS is no longer used.");
	assert_contains(files_read(*state, s->log_path, &n), s->config_path);
}

static void the_log_is_not_written_through_a_link(void **state)
{
	const char *folder = files_folder(*state);
	const char *link = arena_printf(*state, "%s/link", folder);
	const char *file = arena_printf(*state, "%s/victim", folder);
	struct site *s;
	size_t n;

	files_write(file, "precious\n");
	assert_int_equal(symlink(file, link), 0);
	s = site_open(*state, arena_printf(*state, "KIMI_LOG=%s\n", link),
		      NULL);
	assert_contains(site_ask(s, "GET", "/healthz", NULL), "Status: 200 ");
	assert_string_equal(files_read(*state, file, &n), "precious\n");
}

static void lists_are_split_once(void **state)
{
	struct config c = loaded(*state,
				 "DEFAULT_AUTHKEYS=a , b,\n"
				 "KIMI_CODE_HEADERS=A: b, c | D: e |\n"
				 "KIMI_MODEL_ALIASES=gpt-* = kimi-k3 ,b=c=d\n"
				 "KIMI_CORS_ORIGINS=,\n");

	assert_list(c.auth_keys, "<a><b>");
	assert_list(c.code_headers, "<A: b, c><D: e>");
	assert_list(c.cors_origins, "");
	assert_non_null(c.cors_origins.items);
	assert_int_equal(c.model_aliases.n, 2);
	assert_string_equal(c.model_aliases.items[0].pattern, "gpt-*");
	assert_string_equal(c.model_aliases.items[0].model, "kimi-k3");
	assert_string_equal(c.model_aliases.items[1].pattern, "b");
	assert_string_equal(c.model_aliases.items[1].model, "c=d");
}

static void a_bad_entry_does_not_stop_the_others(void **state)
{
	struct config c;

	setenv("KIMI_CODE_HEADERS", "s3cret||  | |A: b|C: d\r\ns3cret: e", 1);
	c = loaded(*state, "KIMI_MODEL_ALIASES=s3cret,a=b\n");
	site_clean_environment();
	assert_list(c.code_headers, "<A: b>");
	assert_int_equal(c.model_aliases.n, 1);
	assert_string_equal(c.model_aliases.items[0].pattern, "a");
	assert_list(c.notices,
		    "<kimi.conf line 1: KIMI_MODEL_ALIASES: Entries that are "
		    "not name=model are ignored.>"
		    "<environment: KIMI_CODE_HEADERS: Entries that are not "
		    "'Name: value' are ignored.>");
}

static void tokens_are_renewed_where_the_web_service_is(void **state)
{
	struct config c = loaded(*state, "KIMI_WEB_URL=https://a.example/\n");

	assert_list(c.auth_urls, "<https://a.example>");
	c = loaded(*state, "KIMI_WEB_URL=https://a.example\n"
			   "KIMI_AUTH_URL=https://b.example\n");
	assert_list(c.auth_urls, "<https://b.example>");
	c = loaded(*state, "KIMI_WEB_URL=https://www.kimi.com/ , "
			   "https://www.kimi.ai\n");
	assert_list(c.auth_urls,
		    "<https://auth.kimi.com><https://auth.kimi.ai>");
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

	assert_true(load(*state, most, &c, &e));
	assert_false(load(*state, arena_printf(*state, "%s#", most), &c, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "64 KiB");
}

static void plain_http_goes_to_loopback_only(void **state)
{
	static const struct {
		const char *url;
		bool allowed;
	} rows[] = {
		{ "https://www.kimi.com", true },
		{ "https://api.moonshot.ai/v1", true },
		{ "https://10.0.0.1:8443/x", true },
		{ "https://[2001:db8::1]/v1", true },
		{ "http://localhost", true },
		{ "http://LOCALHOST:8080/v1", true },
		{ "http://127.0.0.1:8000", true },
		{ "http://127.1.2.3/", true },
		{ "http://[::1]", true },
		{ "http://[::1]:8000/v1", true },
		{ "http://www.kimi.com", false },
		{ "http://10.0.0.1", false },
		{ "http://127.0.0.1.evil.com", false },
		{ "http://127.evil.com", false },
		{ "http://127.0.0.1evil.com", false },
		{ "http://localhost.evil.com", false },
		{ "http://localhostevil", false },
		{ "http://localhost@evil.com", false },
		{ "http://localhost:80@evil.com", false },
		{ "http://localhost\\@evil.com", false },
		{ "http://evil.com?localhost", false },
		{ "http://evil.com#localhost", false },
		{ "http://evil.com/localhost", false },
		{ "http://[::1].evil.com", false },
		{ "http://[::1]evil.com", false },
		{ "http://[::2]", false },
		{ "http://[::ffff:10.0.0.1]", false },
		{ "http://128.0.0.1", false },
		{ "http://0.0.0.0", false },
		{ "http://", false },
		{ "https://", false },
		{ "https:///path", false },
		{ "https://user@host.example", false },
		{ "https://user:pass@host.example", false },
		{ "https://host.example?key=x", false },
		{ "https://host.example/#x", false },
		{ "https://host example", false },
		{ "ftp://host.example", false },
		{ "file:///etc/passwd", false },
		{ "host.example", false },
		{ "x-https://host.example", false },
		{ "", false },
	};

	bool right = true;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (allowed_url(rows[i].url) != rows[i].allowed) {
			print_error("%s\n", rows[i].url);
			right = false;
		}
	assert_true(right);
}

static void lists_are_trimmed_and_empty_entries_ignored(void **state)
{
	assert_list(config_list_parse(*state, " a, b b ,,\t,c", ','),
		    "<a><b b><c>");
	assert_list(config_list_parse(*state, "d,", ','), "<d>");
	assert_list(config_list_parse(*state, "a,b|c", '|'), "<a,b><c>");
	assert_list(config_list_parse(*state, "", ','), "");
	assert_non_null(config_list_parse(*state, "", ',').items);
	assert_null(config_list_parse(*state, NULL, ',').items);
}

static void the_help_names_every_setting(void **state)
{
	const char *path =
		arena_printf(*state, "%s/help", files_folder(*state));
	FILE *file = fopen(path, "we");
	size_t n;
	const char *help;

	assert_non_null(file);
	config_help_print(fileno(file));
	fclose(file);
	help = files_read(*state, path, &n);
	assert_contains(help, "KIMI_TOKENS");
	assert_contains(help, "DEFAULT_AUTHKEYS");
	assert_contains(help, "KIMI_KEEPALIVE");
	assert_contains(help, "[10]");
	assert_contains(help, "\nCredentials\n  KIMI_TOKENS ");
	assert_contains(help, "\nLog\n  KIMI_LOG ");
}

static int clean(void **state)
{
	(void)state;
	site_clean_environment();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_need_no_file),
		TEST(a_file_is_read_line_by_line),
		TEST(a_comment_behind_a_value_is_none_of_it),
		TEST(what_may_be_a_comment_is_refused),
		TEST(an_editor_s_mark_is_no_part_of_the_file),
		TEST(a_file_that_is_no_plain_text_is_an_error),
		TEST(the_environment_wins),
		TEST(bad_values_are_named_and_never_shown),
		TEST(a_bad_value_in_the_environment_says_so),
		TEST(bad_lines_are_numbered_and_never_shown),
		TEST(a_misspelt_setting_names_the_nearest),
		TEST(a_retired_setting_stops_nothing),
		TEST(the_log_mentions_retired_settings),
		TEST(the_log_is_not_written_through_a_link),
		TEST(lists_are_split_once),
		TEST(a_bad_entry_does_not_stop_the_others),
		TEST(tokens_are_renewed_where_the_web_service_is),
		TEST(a_file_that_is_not_there_is_an_error),
		TEST(a_file_that_is_too_long_is_an_error),
		TEST(plain_http_goes_to_loopback_only),
		TEST(lists_are_trimmed_and_empty_entries_ignored),
		TEST(the_help_names_every_setting),
	};

	return cmocka_run_group_tests(tests, clean, NULL);
}
