/* SPDX-License-Identifier: MIT */
/* API keys: those of the settings and of the database, the well-known ones, or
 * Kimi credentials that a client sends in their place. */
#include "app/auth.h"

#include <string.h>

#include "app/acceptance.h"
#include "app/permissions.h"
#include "base/api_key_secret.h"
#include "base/clock.h"
#include "http/loopback.h"

/* Headers that may have the key; the first valid one wins. Apache renames
 * Authorization at each internal redirect. */
static const struct {
	const char *variable;
	bool bearer;
} headers[] = {
	{ "HTTP_AUTHORIZATION", true },
	{ "REDIRECT_HTTP_AUTHORIZATION", true },
	{ "REDIRECT_REDIRECT_HTTP_AUTHORIZATION", true },
	{ "HTTP_X_API_KEY", false },
	{ "HTTP_API_KEY", false },
};

#define MAX_OWN 64

static const char *read_key(const struct exchange *x, size_t i)
{
	const char *value =
		http_request_header(&x->request, headers[i].variable);

	if (value == NULL || !headers[i].bearer)
		return value;
	if (strncasecmp(value, "bearer ", 7) != 0)
		return NULL;
	value += 7;
	value += strspn(value, " ");
	return *value == '\0' ? NULL : value;
}

/* NULL: it is none of them. Those that everybody knows are for whoever is on
 * this machine. */
static const struct server_key *
find_server_key(const struct exchange *x,
		const char fingerprint[FINGERPRINT_SIZE])
{
	const struct server_keys *keys = &x->app->keys;
	const struct server_key *key = server_keys_find(keys, fingerprint);

	if (key != NULL && keys->well_known &&
	    (!loopback_client(&x->request) ||
	     loopback_foreign_page(&x->request)))
		return NULL;
	return key;
}

/* Whether the key is a list of plausible Kimi credentials, and nothing else. */
static bool is_own_list(const struct exchange *x, const char *key,
			struct caller *caller)
{
	struct config_list list = config_list_parse(x->arena, key, ',');
	struct credential *own;
	struct error ignored;

	if (!x->app->config.allow_custom_tokens || list.n == 0 ||
	    list.n > MAX_OWN)
		return false;
	own = arena_array(x->arena, list.n, sizeof(*own));
	for (size_t i = 0; i < list.n; i++) {
		if (!credential_plausible(x->arena, list.items[i]) ||
		    !credential_parse(&own[i], x->arena, list.items[i],
				      &ignored))
			return false;
		own[i].of_client = true;
	}
	caller->credentials = own;
	caller->n_credentials = list.n;
	caller->own = true;
	return true;
}

/* Whether some of these are among those that the key may use. */
static bool may_use(const struct exchange *x, const struct caller *caller,
		    const struct credential *list, size_t n)
{
	struct error ignored;

	return n > 0 &&
	       permissions_narrow(&caller->key, &list, &n, x->arena, &ignored);
}

static bool use_server_credentials(struct exchange *x, struct caller *caller,
				   struct error *e)
{
	const struct credential_set *set = exchange_credentials(x);

	caller->credentials = set->items;
	caller->n_credentials = set->n;
	if (set->n == 0)
		return x->reports || error_set(e, ERROR_SETUP, "%s",
					       credential_set_empty(set));
	if (permissions_narrow(&caller->key, &caller->credentials,
			       &caller->n_credentials, x->arena, e))
		return true;
	if (may_use(x, caller, set->paused, set->n_paused))
		error_set(e, ERROR_SETUP,
			  "The owner of this server has paused all credentials "
			  "that this API key may use.");
	else if (may_use(x, caller, set->unreadable, set->n_unreadable))
		error_set(e, ERROR_SETUP, "%s", set->fault);
	return false;
}

#define APACHE                                                                 \
	" Apache keeps the first to itself without 'CGIPassAuth On' or the "   \
	"line 'SetEnvIf Authorization' of apache/htaccess."

static bool hides_keys(const struct exchange *x)
{
	const char *server =
		http_request_header(&x->request, "SERVER_SOFTWARE");

	return server != NULL && strncmp(server, "Apache", 6) == 0;
}

static bool refuse_none(const struct exchange *x, struct error *e)
{
	return error_set(e, ERROR_API_KEY,
			 "No API key: send 'Authorization: Bearer KEY' or "
			 "'x-api-key: KEY'.%s",
			 hides_keys(x) ? APACHE : "");
}

static bool refuse_unknown(const struct exchange *x, struct error *e)
{
	if (x->app->keys.well_known)
		return error_set(
			e, ERROR_API_KEY,
			"Incorrect API key. DEFAULT_AUTHKEYS names none, so "
			"'sk-default' works, but only from this machine, at "
			"http://localhost or http://127.0.0.1, without a "
			"proxy. Add others with 'kimi-proxy key add'.");
	return error_set(e, ERROR_API_KEY, "Incorrect API key.");
}

/* One that begins like those of the database. */
static bool check_secret(const char *key, struct error *e)
{
	return api_key_secret_check(key) ||
	       error_set(e, ERROR_API_KEY,
			 "Incorrect API key: it is mistyped, or a part of it "
			 "is missing.");
}

static const char *date_of(int64_t ms, struct arena *a)
{
	char *date = arena_alloc(a, CLOCK_DATE_SIZE);

	clock_date(ms, date);
	return date;
}

/* Only who holds its secret gets here. */
static bool check_state(const struct store_api_key *k, struct arena *a,
			struct error *e)
{
	int64_t now = clock_wall_ms();

	if (k->revoked_at != 0)
		return error_set(e, ERROR_API_KEY,
				 "This API key was revoked on %s. Ask the "
				 "owner of this server for another.",
				 date_of(k->revoked_at, a));
	if (k->expires_at != 0 && k->expires_at <= now)
		return error_set(e, ERROR_API_KEY,
				 "This API key expired on %s. Ask the owner "
				 "of this server to extend it.",
				 date_of(k->expires_at, a));
	if (k->secret_valid_until != 0 && k->secret_valid_until <= now)
		return error_set(e, ERROR_API_KEY,
				 "This API key was replaced by a new one and "
				 "ended on %s. Use the new one.",
				 date_of(k->secret_valid_until, a));
	return k->blocked_at == 0 ||
	       error_set(e, ERROR_API_KEY,
			 "This API key is blocked. Ask the owner of this "
			 "server to unblock it.");
}

/* What its owner has set. Only keys of the database need to have a row. */
static bool load_key(const struct exchange *x, bool of_database,
		     struct caller *caller, struct error *e)
{
	const char *secret = caller->fingerprint;
	struct store *store = app_store(x->app, e);
	struct store_api_key *k = &caller->key;

	if (store == NULL || !store_api_key_find(store, secret, k, x->arena, e))
		return false;
	if (k->row == 0)
		return !of_database ||
		       error_set(e, ERROR_API_KEY,
				 "Incorrect API key: this server has none like "
				 "it. It was deleted, or is another server's.");
	if (of_database) {
		caller->fingerprint = k->fingerprint;
		caller->secret = secret;
	}
	return check_state(k, x->arena, e);
}

static const char *fingerprint_of(const struct exchange *x, const char *key)
{
	char *fingerprint = arena_alloc(x->arena, FINGERPRINT_SIZE);

	secret_fingerprint(key, fingerprint);
	return fingerprint;
}

/* Its owner wants to know whose client does not work. */
static void note_refused(struct exchange *x, const struct caller *caller)
{
	struct caller *refused;

	if (caller->key.row == 0 &&
	    server_keys_find(&x->app->keys, caller->fingerprint) == NULL)
		return;
	refused = arena_alloc(x->arena, sizeof(*refused));
	*refused = *caller;
	x->refused = refused;
}

/* ERROR_API_KEY if it is nobody's, or may not be used. */
static bool identify(struct exchange *x, const char *key, struct caller *caller,
		     struct error *e)
{
	const char *secret = fingerprint_of(x, key);
	const struct server_key *ours;
	bool of_database;

	*caller = (struct caller){ .fingerprint = secret };
	ours = find_server_key(x, secret);
	of_database = ours == NULL && api_key_secret_is(key);
	if (of_database && !check_secret(key, e))
		return false;
	if (ours == NULL && !of_database && !is_own_list(x, key, caller))
		return refuse_unknown(x, e);
	caller->label = ours != NULL ? ours->label :
				       secret_label(x->arena, key);
	if (load_key(x, of_database, caller, e) &&
	    (caller->own || use_server_credentials(x, caller, e)))
		return true;
	note_refused(x, caller);
	return false;
}

/* Of several that are no good, the first is told of. */
static bool find_caller(struct exchange *x, struct caller *caller,
			struct error *e)
{
	bool any = false;
	struct error why;

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		const char *key = read_key(x, i);

		if (key == NULL)
			continue;
		if (identify(x, key, caller, &why))
			return true;
		if (!any || why.kind != ERROR_API_KEY)
			*e = why;
		if (why.kind != ERROR_API_KEY)
			return false;
		any = true;
	}
	return any ? false : refuse_none(x, e);
}

bool auth_server_key(const struct exchange *x)
{
	char fingerprint[FINGERPRINT_SIZE];

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		const char *key = read_key(x, i);

		if (key == NULL)
			continue;
		secret_fingerprint(key, fingerprint);
		if (find_server_key(x, fingerprint) != NULL)
			return true;
	}
	return false;
}

bool auth_kept_key(const struct exchange *x)
{
	struct caller caller;
	struct error ignored;

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		const char *key = read_key(x, i);

		if (key == NULL || !api_key_secret_check(key))
			continue;
		caller.fingerprint = fingerprint_of(x, key);
		if (load_key(x, true, &caller, &ignored))
			return true;
	}
	return false;
}

bool auth_any_key(const struct exchange *x)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (read_key(x, i) != NULL)
			return true;
	return false;
}

/* A stranger's credentials count once Kimi has accepted them. */
static bool admit(struct exchange *x, struct caller *caller, struct error *e)
{
	return !caller->own || acceptance_check(x, &caller->credentials,
						&caller->n_credentials, e);
}

bool auth_check(struct exchange *x, struct caller *caller, struct error *e)
{
	struct caller *found;

	if (x->caller == NULL) {
		found = arena_alloc(x->arena, sizeof(*found));
		if (!find_caller(x, found, e) || !admit(x, found, e))
			return false;
		x->caller = found;
		x->key = &found->key;
		if (!x->replies)
			exchange_tell_limits(x);
	}
	*caller = *x->caller;
	return true;
}

struct store *auth_store(struct exchange *x, struct caller *caller,
			 struct error *e)
{
	return auth_check(x, caller, e) ? app_store(x->app, e) : NULL;
}

const struct caller *auth_sender(const struct exchange *x)
{
	return x->caller != NULL ? x->caller : x->refused;
}
