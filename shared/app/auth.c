/* SPDX-License-Identifier: MIT */
/* API keys: the server's own, the well-known ones, or Kimi credentials that a
 * client sends in their place. */
#include "app/auth.h"

#include <string.h>

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

#define WELL_KNOWN "sk-default,sk-false"
#define MAX_OWN 64

struct match {
	const char *key;
	bool found;
};

/* Every entry is compared, so that the time taken reveals nothing. */
static void compare(void *ctx, const char *entry)
{
	struct match *m = ctx;

	m->found |= secret_equal(m->key, entry);
}

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

static bool is_server_key(const struct exchange *x, const char *key)
{
	struct match m = { .key = key };
	const char *keys = x->app->config.auth_keys;

	if (keys == NULL && loopback_client(&x->request) &&
	    !loopback_foreign_page(&x->request))
		keys = WELL_KNOWN;
	config_list(keys, x->arena, compare, &m);
	return m.found;
}

struct own_list {
	struct exchange *x;
	struct credential *list;
	size_t n;
	bool bad;
};

static void add_own(void *ctx, const char *entry)
{
	struct own_list *own = ctx;
	struct error ignored;

	if (own->n == MAX_OWN || !credential_plausible(own->x->arena, entry) ||
	    !credential_parse(&own->list[own->n], own->x->arena, entry,
			      &ignored))
		own->bad = true;
	else
		own->n++;
}

/* Whether the key is a list of plausible Kimi credentials, and nothing else. */
static bool is_own_list(struct exchange *x, const char *key,
			struct caller *caller)
{
	struct own_list own = { .x = x };

	if (!x->app->config.allow_custom_tokens)
		return false;
	own.list = arena_array(x->arena, MAX_OWN, sizeof(*own.list));
	config_list(key, x->arena, add_own, &own);
	if (own.bad || own.n == 0)
		return false;
	caller->credentials = own.list;
	caller->n_credentials = own.n;
	caller->own = true;
	return true;
}

static bool identify(struct exchange *x, const char *key, struct caller *caller)
{
	*caller = (struct caller){
		.credentials = x->app->credentials,
		.n_credentials = x->app->n_credentials,
	};
	if (!is_server_key(x, key) && !is_own_list(x, key, caller))
		return false;
	secret_fingerprint(key, caller->fingerprint);
	caller->label = secret_label(x->arena, key);
	return true;
}

static bool refuse(const struct exchange *x, bool any, struct error *e)
{
	if (!any)
		return error_set(e, ERROR_API_KEY,
				 "No API key: send 'Authorization: Bearer KEY' "
				 "(Apache needs 'CGIPassAuth On' for it) or "
				 "'x-api-key: KEY'.");
	if (x->app->config.auth_keys == NULL)
		return error_set(
			e, ERROR_API_KEY,
			"Incorrect API key. No keys are configured, so "
			"only 'sk-default' works, from this machine; "
			"set DEFAULT_AUTHKEYS to add others.");
	return error_set(e, ERROR_API_KEY, "Incorrect API key.");
}

bool auth_check(struct exchange *x, struct caller *caller, struct error *e)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		const char *key = read_key(x, i);

		if (key == NULL)
			continue;
		any = true;
		if (!identify(x, key, caller))
			continue;
		if (caller->n_credentials > 0)
			return true;
		return error_set(e, ERROR_SETUP,
				 "This server has no Kimi credentials: set "
				 "KIMI_TOKENS.");
	}
	return refuse(x, any, e);
}

struct store *auth_store(struct exchange *x, struct caller *caller,
			 struct error *e)
{
	return auth_check(x, caller, e) ? app_store(x->app, e) : NULL;
}
