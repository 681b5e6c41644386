/* SPDX-License-Identifier: MIT */
/* Settings: defaults, file, environment, and which URLs may be reached. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
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

static void defaults_need_no_file(void **state)
{
	struct config c = loaded(*state, NULL);

	assert_null(c.tokens);
	assert_null(c.auth_keys);
	assert_string_equal(c.web_urls,
			    "https://www.kimi.com,https://www.kimi.ai");
	assert_string_equal(c.platform_urls, "https://api.moonshot.ai/v1,"
					     "https://api.moonshot.cn/v1");
	assert_string_equal(c.cors_origins, "*");
	assert_true(c.allow_custom_tokens);
	assert_false(c.debug);
	assert_int_equal(c.workers, 2048);
	assert_int_equal(c.keepalive_ms, 10000);
	assert_int_equal(c.max_body, 33554432);
	assert_int_equal(c.drain_ms, -1);
	assert_int_equal(c.conversation_wait_ms, 30000);
	assert_int_equal(c.connect_timeout_ms, 10000);
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

	assert_string_equal(c.tokens, "a,b=c");
	assert_string_equal(c.prefix, "/ai ");
	assert_true(c.debug);
	assert_int_equal(c.keepalive_ms, 250);
	assert_int_equal(c.workers, 7);
	assert_int_equal(c.drain_ms, 0);
	assert_string_equal(c.web_urls,
			    "https://www.kimi.com,https://www.kimi.ai");
	assert_string_equal(c.platform_urls, "https://x.example/v1");
	assert_false(c.allow_custom_tokens);
}

static void the_environment_wins(void **state)
{
	struct config c;

	setenv("KIMI_TOKENS", "from-environment", 1);
	setenv("KIMI_PREFIX", "", 1);
	c = loaded(*state, "KIMI_TOKENS=from-file\nKIMI_PREFIX=/file\n");
	site_clean_environment();
	assert_string_equal(c.tokens, "from-environment");
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
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e = { .kind = ERROR_KINDS };
		struct config c;

		if (load(*state,
			 arena_printf(*state, "%s=%s\n", rows[i][0],
				      rows[i][1]),
			 &c, &e))
			fail_msg("accepted: %s=%s", rows[i][0], rows[i][1]);
		assert_error(&e, ERROR_SETUP, rows[i][0]);
		assert_contains(e.message, rows[i][0]);
		assert_lacks(e.message, "s3cret");
	}
}

static void bad_lines_are_numbered_and_never_shown(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	struct config c;

	assert_false(load(*state, "# a\n\nsk-s3cret without a sign\n", &c, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "3");
	assert_lacks(e.message, "s3cret");
	assert_false(load(*state, "KIMI_TOKEN=sk-s3cret\n", &c, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "KIMI_TOKEN");
	assert_lacks(e.message, "s3cret");
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	struct config c;

	assert_false(config_load(
		&c, *state,
		arena_printf(*state, "%s/none", files_folder(*state)), &e));
	assert_error(&e, ERROR_SETUP, "");
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
		if (config_url_allowed(rows[i].url) != rows[i].allowed) {
			print_error("%s\n", rows[i].url);
			right = false;
		}
	assert_true(right);
}

static void join(void *ctx, const char *entry)
{
	buf_printf(ctx, "<%s>", entry);
}

static void lists_are_trimmed_and_empty_entries_passed_over(void **state)
{
	struct buf b;

	buf_init(&b, 100);
	config_list(" a, b b ,,\t,c", *state, join, &b);
	config_list("", *state, join, &b);
	config_list(NULL, *state, join, &b);
	config_list("d,", *state, join, &b);
	assert_string_equal(buf_text(&b), "<a><b b><c><d>");
	buf_fini(&b);
}

static void the_help_names_every_setting(void **state)
{
	const char *path =
		arena_printf(*state, "%s/help", files_folder(*state));
	FILE *file = fopen(path, "we");
	size_t n;
	const char *help;

	assert_non_null(file);
	config_print_help(fileno(file));
	fclose(file);
	help = files_read(*state, path, &n);
	assert_contains(help, "KIMI_TOKENS");
	assert_contains(help, "DEFAULT_AUTHKEYS");
	assert_contains(help, "KIMI_KEEPALIVE");
	assert_contains(help, "[10]");
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
		TEST(the_environment_wins),
		TEST(bad_values_are_named_and_never_shown),
		TEST(bad_lines_are_numbered_and_never_shown),
		TEST(a_file_that_is_not_there_is_an_error),
		TEST(plain_http_goes_to_loopback_only),
		TEST(lists_are_trimmed_and_empty_entries_passed_over),
		TEST(the_help_names_every_setting),
	};

	return cmocka_run_group_tests(tests, clean, NULL);
}
