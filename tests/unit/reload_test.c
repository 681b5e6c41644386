/* SPDX-License-Identifier: MIT */
/* The configuration is read again while requests run. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support/files.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/skipped_time.h"

#define ESTIMATE "/v1/tokenizers/estimate-token-count"
#define BODY                                                                   \
	"{\"model\":\"k2\",\"messages\":"                                      \
	"[{\"role\":\"user\",\"content\":\"hi\"}]}"

/* With a log and credentials, unless the settings have some. */
static void write_settings(struct site *s, const char *settings)
{
	const char *log =
		strstr(settings, "KIMI_LOG=") != NULL ?
			"" :
			arena_printf(s->arena, "KIMI_LOG=%s\n", s->log_path);
	const char *tokens = strstr(settings, "KIMI_TOKENS=") != NULL ?
				     "" :
				     "KIMI_TOKENS=" SITE_PLATFORM "\n";

	files_write(s->config_path,
		    arena_printf(s->arena, "%s%s%s", log, tokens, settings));
}

static void settle(struct site *s, const char *settings)
{
	write_settings(s, settings);
	app_list_reload(&s->apps);
}

/* The file is looked at again by the next request. */
static void a_second_later(void)
{
	skipped_time_pass(1000);
}

/* The answer to a request that needs `key`. */
static const char *with_key(struct site *s, const char *key)
{
	struct string_gateway *g = site_request(s, "POST", ESTIMATE, BODY);

	string_gateway_set(g, "HTTP_AUTHORIZATION",
			   arena_printf(s->arena, "Bearer %s", key));
	return site_serve(s, g);
}

static const char *logged(const struct site *s)
{
	size_t n;

	return files_read(s->arena, s->log_path, &n);
}

static void new_settings_serve_the_next_request(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	assert_contains(with_key(s, "new-key"), "Status: 401 ");
	settle(s, "DEFAULT_AUTHKEYS=new-key\n");
	assert_contains(with_key(s, SITE_KEY), "Status: 401 ");
	assert_contains(with_key(s, "new-key"), "Status: 200 ");
	assert_contains(logged(s), " info - config Configuration reloaded. "
				   "(configuration file: ");
}

static void settings_that_are_gone_have_their_defaults_again(void **state)
{
	struct site *s = site_open(*state, "KIMI_MAX_BODY=1024\n", NULL);
	char *big = arena_alloc(*state, 3001);

	memset(big, ' ', 3000);
	assert_contains(site_ask(s, "POST", ESTIMATE, big), "Status: 413 ");
	settle(s, "DEFAULT_AUTHKEYS=" SITE_KEY "\n");
	assert_contains(site_ask(s, "POST", ESTIMATE, big), "Status: 400 ");
}

/* What changes while a request runs. */
struct change {
	struct site *site;
	struct worker second;
	const char *settings;
	const char *answer; /* to a request in the midst of the other */
};

static void change_settings(void *ctx)
{
	struct change *c = ctx;
	struct string_gateway *g =
		site_request(c->site, "GET", "/v1/files", NULL);

	settle(c->site, c->settings);
	string_gateway_set(g, "HTTP_AUTHORIZATION", "Bearer new-key");
	worker_serve(&c->second, &g->gateway);
	c->answer = buf_text(&g->out);
}

static void a_running_request_keeps_what_it_began_with(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g = site_request(s, "GET", "/v1/files", NULL);
	const char *other = arena_printf(*state, "%s/other", s->folder);
	struct change c = { .site = s,
			    .settings = arena_printf(
				    *state,
				    "DEFAULT_AUTHKEYS=new-key\nKIMI_DB=%s.db\n"
				    "KIMI_LOG=%s.log\n",
				    other, other) };
	size_t n;

	worker_init(&c.second, &s->apps);
	g->on_watched = change_settings;
	g->watched = "Status: ";
	g->watched_ctx = &c;
	assert_contains(site_serve(s, g), "Status: 200 ");
	assert_contains(c.answer, "Status: 200 ");
	worker_fini(&c.second);
	assert_non_null(strstr(logged(s), " request GET /v1/files 200"));
	assert_contains(files_read(*state,
				   arena_printf(*state, "%s.log", other), &n),
			" request GET /v1/files 200");
	assert_int_equal(access(s->db_path, F_OK), 0);
	assert_int_equal(access(arena_printf(*state, "%s.db", other), F_OK), 0);
}

static void a_broken_file_is_refused(void **state)
{
	static const struct {
		const char *settings, *why;
	} broken[] = {
		{ "DEFAULT_AUTHKEYS=new-key\nKIMI_QUEUE=soon\n",
		  "kimi.conf line 4: KIMI_QUEUE must be a number" },
		{ "KIMI_QUEUE=3\nKIMI_TOKENS=foo bar\n",
		  "kimi.conf line 3: credential 1 of KIMI_TOKENS contains" },
		{ "KIMI_QUEU=3\n", "did you mean KIMI_QUEUE?" },
		{ "KIMI_LOG=/nowhere/at/all/log\n", "(setting KIMI_LOG)" },
	};

	for (size_t i = 0; i < COUNT(broken); i++) {
		struct site *s = site_open(*state, NULL, NULL);

		assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
		settle(s, broken[i].settings);
		assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
		assert_contains(with_key(s, "new-key"), "Status: 401 ");
		assert_contains(logged(s), " error - config ");
		assert_contains(logged(s), broken[i].why);
		assert_contains(logged(s), " The previous configuration stays "
					   "in use. "
					   "(configuration file: ");
	}
}

static const char *health(struct site *s, const char *key)
{
	struct string_gateway *g = site_request(s, "GET", "/healthz", NULL);

	string_gateway_set(g, "HTTP_AUTHORIZATION", key);
	return site_serve(s, g);
}

/* All works, but the next start would not: whoever has a key learns that. */
static void health_tells_that_a_file_was_refused(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *answer;
	const cJSON *t;

	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	settle(s, "KIMI_QUEUE=soon\n");
	answer = health(s, "Bearer " SITE_KEY);
	assert_contains(answer, "Status: 200 ");
	t = parse(*state, site_body(answer));
	assert_string_equal(json_text(t, "status"), "ok");
	assert_string_equal(
		json_text(t, "reasons.0"),
		"kimi.conf line 3: KIMI_QUEUE must be a number from "
		"0 to 3600. The previous configuration stays in "
		"use.");
	assert_string_equal(site_body(health(s, NULL)), "{\"status\":\"ok\"}");
	settle(s, "KIMI_QUEUE=9\nDEFAULT_AUTHKEYS=" SITE_KEY "\n");
	assert_lacks(health(s, "Bearer " SITE_KEY), "reasons");
}

static void a_file_that_is_gone_is_refused(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	assert_int_equal(unlink(s->config_path), 0);
	app_list_reload(&s->apps);
	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	assert_contains(logged(s), "kimi.conf cannot be read: ");
}

static void a_file_that_was_broken_at_the_start_can_be_mended(void **state)
{
	struct site *s = site_open(*state, "KIMI_QUEUE=soon\n", NULL);

	assert_contains(with_key(s, SITE_KEY), "Status: 503 ");
	settle(s, "KIMI_QUEUE=late\n");
	assert_contains(with_key(s, SITE_KEY), "Status: 503 ");
	assert_contains(logged(s), "kimi.conf line 3: KIMI_QUEUE");
	settle(s, "KIMI_QUEUE=9\nDEFAULT_AUTHKEYS=" SITE_KEY "\n");
	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
}

static void a_request_of_the_old_settings_may_outlive_many_reloads(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct app *first = app_find(&s->apps, s->config_path);

	for (int i = 0; i < 3; i++)
		settle(s, "DEFAULT_AUTHKEYS=new-key\n");
	assert_string_equal(first->config.auth_keys.items[0], SITE_KEY);
	app_release(&s->apps, first);
	assert_contains(with_key(s, "new-key"), "Status: 200 ");
}

static void a_changed_file_is_noticed_by_the_next_request(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *other = arena_printf(*state, "%s/other.conf", s->folder);

	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	write_settings(s, "DEFAULT_AUTHKEYS=new-key\n");
	a_second_later();
	assert_contains(with_key(s, "new-key"), "Status: 200 ");
	assert_contains(with_key(s, SITE_KEY), "Status: 401 ");
	/* Or replaced, as by an editor. */
	files_write(other, "DEFAULT_AUTHKEYS=" SITE_KEY "\n"
			   "KIMI_TOKENS=" SITE_PLATFORM "\n");
	assert_int_equal(rename(other, s->config_path), 0);
	a_second_later();
	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text += strlen(part);
		n++;
	}
	return n;
}

static void an_unchanged_file_is_not_read_again(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	for (int i = 0; i < 3; i++) {
		assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
		a_second_later();
	}
	assert_lacks(logged(s), "reloaded");
}

static void the_file_is_looked_at_once_a_second_at_most(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	a_second_later();
	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	app_find(&s->apps, s->config_path)->looked_ms += 60000; /* no race */
	write_settings(s, "DEFAULT_AUTHKEYS=new-key\n");
	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
}

static void a_broken_change_is_refused_and_logged_once(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	write_settings(s, "DEFAULT_AUTHKEYS=new-key\nKIMI_QUEUE=soon\n");
	for (int i = 0; i < 3; i++) {
		a_second_later();
		assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	}
	assert_int_equal(count(logged(s), "stays in use."), 1);
	write_settings(s, "DEFAULT_AUTHKEYS=new-key\nKIMI_QUEUE=10\n");
	a_second_later();
	assert_contains(with_key(s, "new-key"), "Status: 200 ");
}

/* Somebody is about to write it; without keys anybody here could come in. */
static void an_empty_file_is_not_read(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	files_write(s->config_path, "");
	a_second_later();
	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	write_settings(s, "DEFAULT_AUTHKEYS=new-key\n");
	a_second_later();
	assert_contains(with_key(s, "new-key"), "Status: 200 ");
}

static void a_file_that_vanishes_is_missed_once(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	assert_int_equal(unlink(s->config_path), 0);
	for (int i = 0; i < 3; i++) {
		a_second_later();
		assert_contains(with_key(s, SITE_KEY), "Status: 200 ");
	}
	assert_int_equal(count(logged(s), "stays in use."), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_settings_serve_the_next_request),
		TEST(settings_that_are_gone_have_their_defaults_again),
		TEST(a_running_request_keeps_what_it_began_with),
		TEST(a_broken_file_is_refused),
		TEST(health_tells_that_a_file_was_refused),
		TEST(a_file_that_is_gone_is_refused),
		TEST(a_file_that_was_broken_at_the_start_can_be_mended),
		TEST(a_request_of_the_old_settings_may_outlive_many_reloads),
		TEST(a_changed_file_is_noticed_by_the_next_request),
		TEST(an_unchanged_file_is_not_read_again),
		TEST(the_file_is_looked_at_once_a_second_at_most),
		TEST(a_broken_change_is_refused_and_logged_once),
		TEST(an_empty_file_is_not_read),
		TEST(a_file_that_vanishes_is_missed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
