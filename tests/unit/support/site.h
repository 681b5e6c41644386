/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_SITE_H
#define SUPPORT_SITE_H

#include "app/relay/chat_sweeper.h"
#include "app/worker.h"
#include "tests/unit/support/replay.h"
#include "tests/unit/support/string_gateway.h"

/* Credentials and a key that every site has, unless its settings say else. */
#define SITE_PLATFORM "sk-unit0123456789abcdefghijk"
#define SITE_WEB                                                               \
	"eyJhbGciOiJIUzUxMiJ9."                                                \
	"eyJhcHBfaWQiOiJraW1pIiwidHlwIjoiYWNjZXNzIiwiZXhwIjo0MTAyNDQ0ODAwfQ."  \
	"c2ln"
#define SITE_KEY "unit-key"

/* The whole program but for web server and Kimi, which are strings. */
struct site {
	struct arena *arena;
	const char *folder, *config_path, *db_path, *log_path;
	struct app_list apps;
	struct chat_sweeper sweeper;
	struct worker worker;
	struct replay replay;
};

/*
 * A site in a folder of its own; all of it goes with the arena. `settings`
 * are lines of the configuration file (NULL: none) after the standard ones,
 * which stay away where they have the same name and, but for hosts and KIMI_LOG,
 * where they begin with '#'. `answers` is
 * what Kimi says, on the web in the legacy protocol unless a setting asks for
 * another.
 */
struct site *site_open(struct arena *a, const char *settings,
		       struct replay_answer *answers);

/* A request with SITE_KEY; `body` NULL: none. */
struct string_gateway *site_request(struct site *s, const char *method,
				    const char *uri, const char *body);
const char *site_serve(struct site *s, struct string_gateway *g);

/* Both; returns the whole response. */
const char *site_ask(struct site *s, const char *method, const char *uri,
		     const char *body);

/* What follows the head of a response. */
const char *site_body(const char *response);

/* Removes our settings from the environment, where they would win. */
void site_clean_environment(void);

#endif
