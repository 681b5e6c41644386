/* SPDX-License-Identifier: MIT */
/* API keys: the server's own, the well-known ones, or Kimi credentials that a
 * client sends in their place. */
#include "app/auth.h"

#include <string.h>

#include "app/acceptance.h"
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
static bool is_own_list(struct exchange *x, const char *key,
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

static void use_server_credentials(struct exchange *x, struct caller *caller)
{
	const struct credential_set *set = exchange_credentials(x);

	caller->credentials = set->items;
	caller->n_credentials = set->n;
}

static bool identify(struct exchange *x, const char *key, struct caller *caller)
{
	const struct server_key *ours;

	*caller = (struct caller){ 0 };
	secret_fingerprint(key, caller->fingerprint);
	ours = find_server_key(x, caller->fingerprint);
	if (ours == NULL && !is_own_list(x, key, caller))
		return false;
	if (ours != NULL)
		use_server_credentials(x, caller);
	caller->label = ours != NULL ? ours->label :
				       secret_label(x->arena, key);
	return true;
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

bool auth_any_key(const struct exchange *x)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (read_key(x, i) != NULL)
			return true;
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

static bool refuse(const struct exchange *x, struct error *e)
{
	if (!auth_any_key(x))
		return error_set(e, ERROR_API_KEY,
				 "No API key: send 'Authorization: Bearer KEY' "
				 "or 'x-api-key: KEY'.%s",
				 hides_keys(x) ? APACHE : "");
	if (x->app->keys.well_known)
		return error_set(
			e, ERROR_API_KEY,
			"Incorrect API key. No keys are configured, so only "
			"'sk-default' works, and only from this machine, at "
			"http://localhost or http://127.0.0.1, without a "
			"proxy. Set DEFAULT_AUTHKEYS to add others.");
	return error_set(e, ERROR_API_KEY, "Incorrect API key.");
}

static bool find_caller(struct exchange *x, struct caller *caller,
			struct error *e)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		const char *key = read_key(x, i);

		if (key == NULL || !identify(x, key, caller))
			continue;
		if (caller->n_credentials > 0)
			return true;
		return error_set(e, ERROR_SETUP, "%s",
				 credential_set_empty(x->credentials));
	}
	return refuse(x, e);
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
	}
	*caller = *x->caller;
	return true;
}

struct store *auth_store(struct exchange *x, struct caller *caller,
			 struct error *e)
{
	return auth_check(x, caller, e) ? app_store(x->app, e) : NULL;
}
