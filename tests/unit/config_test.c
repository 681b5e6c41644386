/* SPDX-License-Identifier: MIT */
/* Settings: defaults, values, and which URLs may be reached. */
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
#include "tests/unit/support/settings.h"
#include "tests/unit/support/site.h"

static void defaults_need_no_file(void **state)
{
	struct config c = settings_loaded(*state, NULL);

	assert_null(c.tokens.items);
	assert_null(c.auth_keys.items);
	assert_null(c.model_aliases.items);
	assert_null(c.code_headers.items);
	settings_assert_list(c.web_urls,
			     "<https://www.kimi.com><https://www.kimi.ai>");
	settings_assert_list(c.auth_urls,
			     "<https://auth.kimi.com><https://auth.kimi.ai>");
	settings_assert_list(c.platform_urls, "<https://api.moonshot.ai/v1>"
					      "<https://api.moonshot.cn/v1>");
	settings_assert_list(c.cors_origins, "<*>");
	assert_true(c.allow_custom_tokens);
	assert_false(c.debug);
	assert_int_equal(c.workers, 2048);
	assert_int_equal(c.keepalive_ms, 10000);
	assert_int_equal(c.max_body, 33554432);
	assert_int_equal(c.drain_ms, -1);
	assert_int_equal(c.queue_ms, 30000);
	assert_int_equal(c.read_timeout_ms, 600000);
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

		if (settings_load(*state,
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

/* Whoever copies a recipe must not run with what everybody can read there. */
static void an_example_is_no_value(void **state)
{
	static const char *const rows[][2] = {
		{ "KIMI_TOKENS", "sk-..." },
		{ "KIMI_TOKENS", "sk-kimi-...,sk-..." },
		{ "KIMI_TOKENS", "web:real, web:eyJ..." },
		{ "DEFAULT_AUTHKEYS", "a-long-random-key" },
		{ "DEFAULT_AUTHKEYS", "real,a-long-random-key" },
		{ "DEFAULT_AUTHKEYS", "..." },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e = { .kind = ERROR_KINDS };
		struct config c;

		if (settings_load(*state,
				  arena_printf(*state, "%s=%s\n", rows[i][0],
					       rows[i][1]),
				  &c, &e))
			fail_msg("accepted: %s=%s", rows[i][0], rows[i][1]);
		assert_error(&e, ERROR_SETUP, rows[i][0]);
		assert_string_equal(
			e.message,
			arena_printf(*state,
				     "kimi.conf line 1: %s has an example from "
				     "the documents: put your own value there.",
				     rows[i][0]));
	}
}

static void a_bad_value_in_the_environment_says_so(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	struct config c;

	setenv("KIMI_WORKERS", "s3cret", 1);
	assert_false(settings_load(*state, "KIMI_WORKERS=7\n", &c, &e));
	site_clean_environment();
	assert_error(&e, ERROR_SETUP, "KIMI_WORKERS");
	assert_string_equal(e.message, "environment: KIMI_WORKERS must be a "
				       "number from 1 to 100000.");
}

static void a_retired_setting_stops_nothing(void **state)
{
	struct config c;

	setenv("KIMI_FIRST_BYTE_TIMEOUT", "5", 1);
	setenv("KIMI_CONNECT_TIMEOUT", "", 1);
	c = settings_loaded(*state,
			    "KIMI_ADD_ITEMS=3\nKIMI_CONVERSATION_WAIT=bad\n"
			    "KIMI_PREFIX=/p\n");
	site_clean_environment();
	assert_string_equal(c.prefix, "/p");
	settings_assert_list(
		c.notices,
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
	struct config c = settings_loaded(
		*state, "DEFAULT_AUTHKEYS=a , b,\n"
			"KIMI_CODE_HEADERS=A: b, c | D: e |\n"
			"KIMI_MODEL_ALIASES=gpt-* = kimi-k3 ,b=c=d\n"
			"KIMI_CORS_ORIGINS=,\n");

	settings_assert_list(c.auth_keys, "<a><b>");
	settings_assert_list(c.code_headers, "<A: b, c><D: e>");
	settings_assert_list(c.cors_origins, "");
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
	c = settings_loaded(*state, "KIMI_MODEL_ALIASES=s3cret,a=b\n");
	site_clean_environment();
	settings_assert_list(c.code_headers, "<A: b>");
	assert_int_equal(c.model_aliases.n, 1);
	assert_string_equal(c.model_aliases.items[0].pattern, "a");
	settings_assert_list(
		c.notices,
		"<kimi.conf line 1: KIMI_MODEL_ALIASES: Entries that are "
		"not name=model are ignored.>"
		"<environment: KIMI_CODE_HEADERS: Entries that are not "
		"'Name: value' are ignored.>");
}

static void tokens_are_renewed_where_the_web_service_is(void **state)
{
	struct config c =
		settings_loaded(*state, "KIMI_WEB_URL=https://a.example/\n");

	settings_assert_list(c.auth_urls, "<https://a.example>");
	c = settings_loaded(*state, "KIMI_WEB_URL=https://a.example\n"
				    "KIMI_AUTH_URL=https://b.example\n");
	settings_assert_list(c.auth_urls, "<https://b.example>");
	c = settings_loaded(*state, "KIMI_WEB_URL=https://www.kimi.com/ , "
				    "https://www.kimi.ai\n");
	settings_assert_list(c.auth_urls,
			     "<https://auth.kimi.com><https://auth.kimi.ai>");
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
	settings_assert_list(config_list_parse(*state, " a, b b ,,\t,c", ','),
			     "<a><b b><c>");
	settings_assert_list(config_list_parse(*state, "d,", ','), "<d>");
	settings_assert_list(config_list_parse(*state, "a,b|c", '|'),
			     "<a,b><c>");
	settings_assert_list(config_list_parse(*state, "", ','), "");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(defaults_need_no_file),
		TEST(bad_values_are_named_and_never_shown),
		TEST(an_example_is_no_value),
		TEST(a_bad_value_in_the_environment_says_so),
		TEST(a_retired_setting_stops_nothing),
		TEST(the_log_mentions_retired_settings),
		TEST(the_log_is_not_written_through_a_link),
		TEST(lists_are_split_once),
		TEST(a_bad_entry_does_not_stop_the_others),
		TEST(tokens_are_renewed_where_the_web_service_is),
		TEST(plain_http_goes_to_loopback_only),
		TEST(lists_are_trimmed_and_empty_entries_ignored),
		TEST(the_help_names_every_setting),
	};

	return cmocka_run_group_tests(tests, settings_clean, NULL);
}
