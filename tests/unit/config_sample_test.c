/* SPDX-License-Identifier: MIT */
/* The sample configuration is accepted, as it is and with all of it in use. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/config_help.h"
#include "base/config_load.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/site.h"

#define SAMPLE "cgi/kimi.conf.example"

static void load(struct config *c, struct arena *a, const char *path)
{
	struct error e = { 0 };

	site_clean_environment();
	if (!config_load(c, a, path, &e))
		fail_msg("%s", e.message);
}

static void its_own_lines_are_where_the_daemon_may_write(void **state)
{
	struct config sample, none;

	load(&sample, *state, SAMPLE);
	load(&none, *state, NULL);
	assert_string_equal(sample.db_path, "/var/lib/kimi-proxy/kimi.db");
	assert_string_equal(sample.log_path, "/var/log/kimi-proxy/kimi.log");
	assert_null(none.db_path);
	assert_null(none.log_path);
	assert_null(sample.tokens.items);
	assert_null(sample.auth_keys.items);
	assert_int_equal(sample.notices.n, 0);
	assert_int_equal(sample.workers, none.workers);
}

/* Puts `value` in place of an example of the same length. */
static void replace(char *text, const char *example, const char *value)
{
	char *at = strstr(text, example);

	assert_non_null(at);
	memcpy(at, value, strlen(value));
}

/* Removes the # where a setting follows it. */
static char *uncomment(struct arena *a, const char *text)
{
	char *out = arena_copy(a, text), *to = out;

	for (const char *p = text; *p != '\0'; p++)
		if (*p != '#' || p[1] == ' ' || p[1] == '\n')
			*to++ = *p;
	*to = '\0';
	return out;
}

static void every_setting_is_in_it(void **state)
{
	const char *path = arena_printf(*state, "%s/all", files_folder(*state));
	struct config all, none;
	struct config_help d;
	size_t n;
	char *text;

	text = uncomment(*state, files_read(*state, SAMPLE, &n));
	replace(text, "sk-kimi-...", "sk-kimi-one");
	replace(text, "sk-...", "sk-two");
	replace(text, "a-long-random-key", "one-of-the-owner.");
	for (size_t i = 0; config_help_find(i, &d); i++)
		assert_contains(text, arena_printf(*state, "\n%s=", d.name));
	files_write(path, text);
	load(&all, *state, path);
	load(&none, *state, NULL);
	assert_int_equal(all.tokens.n, 2);
	assert_int_equal(all.max_body, none.max_body);
	assert_int_equal(all.drain_ms, none.drain_ms);
	assert_string_equal(all.web_urls.items[1], none.web_urls.items[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_own_lines_are_where_the_daemon_may_write),
		TEST(every_setting_is_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
