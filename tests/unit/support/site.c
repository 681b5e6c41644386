/* SPDX-License-Identifier: MIT */
/* A whole site made of strings and one folder. */
#include "tests/unit/support/site.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support/files.h"
#include "tests/unit/support/test.h"

static void close_site(void *site)
{
	struct site *s = site;

	replay_detach(&s->worker.http);
	chat_sweeper_fini(&s->sweeper);
	worker_fini(&s->worker);
	app_list_fini(&s->apps);
}

/* One host each, so that a refusal is not tried elsewhere. */
static const char *const hosts[] = {
	"MOONSHOT_URL=https://platform.example/v1",
	"KIMI_WEB_URL=https://web.example",
	"KIMI_CODE_URL=https://code.example/coding/v1",
};

/* Variables whose names begin like that. */
static void unset_all(const char *start)
{
	size_t n = strlen(start), i = 0;

	while (environ[i] != NULL) {
		const char *equals = strchr(environ[i], '=');
		char *name = strndup(environ[i], (size_t)(equals - environ[i]));

		if (strncmp(name, start, n) == 0)
			unsetenv(name);
		else
			i++;
		free(name);
	}
}

void site_clean_environment(void)
{
	static const char *const names[] = {
		"DEFAULT_AUTHKEYS",
		"ALLOW_CUSTOM_TOKENS",
		"DEBUG",
		"MOONSHOT_URL",
		"KIMI_",
	};

	for (size_t i = 0; i < COUNT(names); i++)
		unset_all(names[i]);
}

/* Whether the settings have one of their own for that of `line`. */
static bool sets(struct arena *a, const char *settings, const char *line)
{
	const char *name =
		arena_printf(a, "\n%.*s=", (int)strcspn(line, "="), line);

	return strstr(arena_printf(a, "\n%s", settings), name) != NULL;
}

static void write_settings(const struct site *s, const char *settings)
{
	static const char *const standard[] = {
		"KIMI_TOKENS=" SITE_PLATFORM "," SITE_WEB,
		"DEFAULT_AUTHKEYS=" SITE_KEY,
		"KIMI_WEB_PROTOCOL=legacy",
	};
	const char *text = "";

	for (size_t i = 0; *settings != '#' && i < COUNT(standard); i++)
		if (!sets(s->arena, settings, standard[i]))
			text = arena_printf(s->arena, "%s%s\n", text,
					    standard[i]);
	for (size_t i = 0; i < COUNT(hosts); i++)
		if (!sets(s->arena, settings, hosts[i]))
			text = arena_printf(s->arena, "%s%s\n", text, hosts[i]);
	if (!sets(s->arena, settings, "KIMI_LOG="))
		text = arena_printf(s->arena, "%sKIMI_LOG=%s\n", text,
				    s->log_path);
	files_write(s->config_path,
		    arena_printf(s->arena, "%s%s", text, settings));
}

struct site *site_open(struct arena *a, const char *settings,
		       struct replay_answer *answers)
{
	struct site *s = arena_alloc(a, sizeof(*s));

	site_clean_environment();
	s->arena = a;
	s->folder = files_folder(a);
	s->config_path = arena_printf(a, "%s/kimi.conf", s->folder);
	s->db_path = arena_printf(a, "%s/kimi.db", s->folder);
	s->log_path = arena_printf(a, "%s/log", s->folder);
	write_settings(s, settings == NULL ? "" : settings);
	app_list_init(&s->apps);
	chat_sweeper_init(&s->sweeper, &s->apps);
	worker_init(&s->worker, &s->apps);
	s->replay = (struct replay){ .arena = a, .answers = answers };
	replay_attach(&s->replay, &s->worker.http);
	arena_own(a, s, close_site);
	return s;
}

struct string_gateway *site_request(struct site *s, const char *method,
				    const char *uri, const char *body)
{
	struct string_gateway *g =
		string_gateway_new(s->arena, method, uri, body);

	string_gateway_set(g, "KIMI_CONFIG", s->config_path);
	string_gateway_set(g, "HTTP_AUTHORIZATION", "Bearer " SITE_KEY);
	string_gateway_set(g, "REMOTE_ADDR", "192.0.2.7");
	return g;
}

const char *site_serve(struct site *s, struct string_gateway *g)
{
	worker_serve(&s->worker, &g->gateway);
	chat_sweeper_run(&s->sweeper, &s->worker.http, &s->worker.arena);
	return buf_text(&g->out);
}

const char *site_ask(struct site *s, const char *method, const char *uri,
		     const char *body)
{
	return site_serve(s, site_request(s, method, uri, body));
}

const char *site_body(const char *response)
{
	const char *end = strstr(response, "\r\n\r\n");

	assert_non_null(end);
	return end == NULL ? "" : end + 4;
}
