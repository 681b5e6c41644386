/* SPDX-License-Identifier: MIT */
/* Loads configurations, and opens what they name on first use. */
#include "app/app.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/key_file.h"
#include "base/clock.h"
#include "base/config_load.h"
#include "base/thread.h"
#include "base/version.h"
#include "http/ca_path.h"
#include "upstream/upstream.h"

#define DATABASE_NAME "kimi.db"
#define COMPILED_SUFFIX ".vocabulary" /* after the database's name */
#define CONNECT_MS 10000	      /* to reach Kimi */
#define UNTRUSTED                                                              \
	" If this server has no CA certificates, install the package "         \
	"ca-certificates; if they are elsewhere, set KIMI_CA_PATH."
#define RETRY_MS 1000

static bool load_credentials(struct app *app)
{
	const struct config_list *tokens = &app->config.tokens;
	struct error e;

	app->credentials = arena_array(&app->arena, tokens->n + 1,
				       sizeof(*app->credentials));
	for (size_t i = 0; i < tokens->n; i++)
		if (!credential_parse(&app->credentials[i], &app->arena,
				      tokens->items[i], &e))
			return error_field(&app->error, ERROR_SETUP,
					   "KIMI_TOKENS",
					   "%s: credential %zu of KIMI_TOKENS "
					   "%s",
					   app->config.tokens_place, i + 1,
					   e.message);
	app->n_credentials = tokens->n;
	return true;
}

/* That of the system is read when it is needed. */
static bool load_time_zone(struct app *app)
{
	const char *name = app->config.time_zone;
	struct error e;

	return name == NULL ||
	       time_zone_open(&app->zone, &app->arena, name, &e) ||
	       error_field(&app->error, ERROR_SETUP, "KIMI_TIMEZONE",
			   "KIMI_TIMEZONE: %s", e.message);
}

const char *app_database(struct arena *a, const struct config *config,
			 const char *path)
{
	return config->db_path != NULL ? config->db_path :
					 arena_printf(a, "%s/" DATABASE_NAME,
						      config_folder(a, path));
}

/* The key is in the settings' folder or, without a file of them, in the
 * database's: that one is never inside a document root. */
static void prepare_sets(struct app *app)
{
	const char *beside = app->path != NULL ? app->path :
						 app->config.db_path;

	app->sets.settings = app->credentials;
	app->sets.n_settings = app->n_credentials;
	app->sets.key_path = arena_printf(&app->arena, "%s/" KEY_FILE_NAME,
					  config_folder(&app->arena, beside));
	app->sets.log = &app->log;
}

static void load(struct app *app, const struct config_found *found)
{
	struct error e;

	app->log.fd = STDERR_FILENO;
	app->broken = !config_load(&app->config, &app->arena,
				   found->refused ? NULL : app->path,
				   &app->error);
	server_keys_init(&app->keys, &app->config.auth_keys, &app->arena);
	if (found->refused) {
		app->broken = true;
		app->error = found->error;
	}
	app->log.debug = app->config.debug;
	app->log.format = app->config.log_format;
	if (app->config.log_path != NULL &&
	    !log_open(&app->log, app->config.log_path, &e))
		app->log_fault = arena_copy(&app->arena, e.message);
	if (!app->broken)
		app->broken = !load_credentials(app) || !load_time_zone(app);
	if (app->broken)
		return;
	app->config.db_path =
		app_database(&app->arena, &app->config, app->path);
	prepare_sets(app);
	app->http.peer = UPSTREAM_PEER;
	app->http.user_agent = KIMI_USER_AGENT;
	app->http.connect_ms = CONNECT_MS;
	app->http.silence_ms = app->config.read_timeout_ms;
	app->http.untrusted = UNTRUSTED;
	if (app->config.ca_path != NULL)
		ca_path_of_setting(&app->http.ca, app->config.ca_path);
}

struct app *app_open(const struct config_found *found)
{
	struct app *app = calloc(1, sizeof(*app));

	if (app == NULL)
		abort();
	arena_init(&app->arena);
	app->path = arena_copy(&app->arena, found->path);
	app->looked_ms = clock_ms();
	if (app->path != NULL)
		app->stamp = file_stamp_read(app->path);
	app->refused = found->refused;
	app->why_refused = arena_copy(&app->arena, found->why_refused);
	pthread_mutex_init(&app->reload_lock, NULL);
	pthread_mutex_init(&app->store_lock, NULL);
	pthread_mutex_init(&app->lazy_lock, NULL);
	newcomers_init(&app->newcomers);
	credential_sets_init(&app->sets);
	load(app, found);
	return app;
}

void app_close(struct app *app)
{
	if (app->store != NULL)
		store_close(app->store);
	log_close(&app->log);
	tokenizer_close(app->tokens);
	newcomers_fini(&app->newcomers);
	credential_sets_fini(&app->sets);
	pthread_mutex_destroy(&app->lazy_lock);
	pthread_mutex_destroy(&app->store_lock);
	pthread_mutex_destroy(&app->reload_lock);
	arena_fini(&app->arena);
	free(app);
}

const char *app_folder(const struct app *app, struct arena *a)
{
	return config_folder(a, app->config.db_path);
}

/* With the lock. A failure is logged once, not for each request. */
static void open_store(struct app *app, int64_t wait_ms, struct error *e)
{
	if (store_open(&app->store, app->config.db_path, &app->log, wait_ms,
		       e)) {
		app->store_fault.message[0] = '\0';
		return;
	}
	app->store = NULL;
	if (strcmp(app->store_fault.message, e->message) == 0)
		return;
	app->store_fault = *e;
	log_line(&app->log, LOG_ERROR, NULL, "database", "%s (%s)", e->message,
		 app->config.db_path);
}

static struct store *find_store(struct app *app, int64_t wait_ms,
				struct error *e)
{
	int64_t until = clock_ms() + wait_ms;
	struct store *store;

	if (!thread_lock_until(&app->store_lock, until)) {
		error_set(e, ERROR_FULL,
			  "The database is still being opened: try again "
			  "soon.");
		e->retry_after_ms = RETRY_MS;
		return NULL;
	}
	if (app->store == NULL)
		open_store(app, until - clock_ms(), e);
	store = app->store;
	pthread_mutex_unlock(&app->store_lock);
	return store;
}

struct store *app_store(struct app *app, struct error *e)
{
	return find_store(app, STORE_WAIT_MS, e);
}

struct credential_set *app_credentials(struct app *app, struct arena *a)
{
	struct error e;
	struct store *store = app_store(app, &e);

	return credential_set_take(&app->sets, store, &e, a);
}

bool app_store_is_open(struct app *app)
{
	bool open;

	pthread_mutex_lock(&app->store_lock);
	open = app->store != NULL;
	pthread_mutex_unlock(&app->store_lock);
	return open;
}

bool app_store_check(struct app *app, int64_t age_ms, struct error *e)
{
	struct store *store = find_store(app, STORE_CHECK_WAIT_MS, e);

	return store != NULL && store_check(store, age_ms, e);
}

const struct time_zone *app_time_zone(struct app *app)
{
	struct error ignored;

	pthread_mutex_lock(&app->lazy_lock);
	if (app->zone == NULL)
		time_zone_open(&app->zone, &app->arena, NULL, &ignored);
	pthread_mutex_unlock(&app->lazy_lock);
	return app->zone;
}

static void open_tokens(struct app *app)
{
	const char *source = app->config.vocabulary;
	struct error e;

	app->tokens_tried = true;
	if (source == NULL)
		return;
	if (!tokenizer_open(&app->tokens, source,
			    arena_printf(&app->arena, "%s" COMPILED_SUFFIX,
					 app->config.db_path),
			    &e))
		log_line(&app->log, LOG_ERROR, NULL, "tokenizer",
			 "%s Tokens are estimated.", e.message);
}

const struct tokenizer *app_tokens(struct app *app)
{
	pthread_mutex_lock(&app->lazy_lock);
	if (!app->tokens_tried)
		open_tokens(app);
	pthread_mutex_unlock(&app->lazy_lock);
	return app->tokens;
}
