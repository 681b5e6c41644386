/* SPDX-License-Identifier: MIT */
/* What the owner of a server does with its credentials. */
#include "app/owner_credentials.h"

#include <ctype.h>
#include <string.h>

#include "app/access_token.h"
#include "app/key_file.h"
#include "base/json.h"
#include "store/kept_credentials.h"
#include "upstream/services.h"

#define LONGEST_NAME 64
#define SHORTEST_SECRET 16

/* --- Which there are --- */

struct lister {
	struct app *app;
	struct arena *arena;
	struct kept_credential *rows;
	size_t n_rows;
	const char *key;  /* NULL: it cannot be read, … */
	struct error why; /* … because of this */
	struct owner_credential *list;
	size_t n;
};

static struct owner_credential *add(struct lister *l, int64_t paused_at)
{
	struct owner_credential *c = &l->list[l->n++];

	*c = (struct owner_credential){ .paused_at = paused_at };
	return c;
}

static const char *fault_of(struct lister *l)
{
	return l->key == NULL ?
		       arena_copy(l->arena, l->why.message) :
		       arena_printf(l->arena,
				    "%s is not the key that it was encrypted "
				    "with: put the right one back from the "
				    "backup, or remove the credential and add "
				    "it again.",
				    l->app->sets.key_path);
}

static bool is_in_settings(const struct app *app, const char *fingerprint)
{
	for (size_t i = 0; i < app->n_credentials; i++)
		if (strcmp(app->credentials[i].fingerprint, fingerprint) == 0)
			return true;
	return false;
}

static void add_kept(struct lister *l, const struct kept_credential *row)
{
	struct owner_credential *c = add(l, row->paused_at);
	struct credential *credential = &c->credential;

	c->in_settings = is_in_settings(l->app, row->fingerprint);
	if (l->key != NULL &&
	    store_kept_open(row, l->key, credential, l->arena))
		return;
	c->fault = fault_of(l);
	store_kept_describe(row, credential, l->arena);
}

static const struct kept_credential *row_of(const struct lister *l,
					    const struct credential *c)
{
	for (size_t i = 0; i < l->n_rows; i++)
		if (strcmp(l->rows[i].fingerprint, c->fingerprint) == 0)
			return &l->rows[i];
	return NULL;
}

static void add_of_settings(struct lister *l)
{
	for (size_t i = 0; i < l->app->n_credentials; i++) {
		const struct credential *c = &l->app->credentials[i];
		const struct kept_credential *row = row_of(l, c);

		if (row == NULL || row->sealed == NULL)
			add(l, row == NULL ? 0 : row->paused_at)->credential =
				*c;
	}
}

bool owner_credentials_list(struct app *app, struct owner_credential **list,
			    size_t *n, struct arena *a, struct error *e)
{
	struct lister l = { .app = app, .arena = a };
	struct store *store = app_store(app, e);

	if (store == NULL || !store_kept_list(store, &l.rows, &l.n_rows, a, e))
		return false;
	l.list = arena_array(a, app->n_credentials + l.n_rows + 1,
			     sizeof(*l.list));
	l.key = key_file_read(app->sets.key_path, a, &l.why);
	add_of_settings(&l);
	for (size_t i = 0; i < l.n_rows; i++)
		if (l.rows[i].sealed != NULL)
			add_kept(&l, &l.rows[i]);
	*list = l.list;
	*n = l.n;
	return true;
}

bool owner_credentials_find(struct app *app, const char *name,
			    struct owner_credential *found, struct arena *a,
			    struct error *e)
{
	struct owner_credential *list;
	size_t n, n_found = 0;

	if (!owner_credentials_list(app, &list, &n, a, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].credential.label, name) == 0 &&
		    n_found++ == 0)
			*found = list[i];
	if (n_found == 1)
		return true;
	if (n_found > 1)
		return error_set(e, ERROR_VALUE,
				 "Several credentials of KIMI_TOKENS look like "
				 "'%.64s'. Give them names: 'kimi-proxy "
				 "credential add'.",
				 name);
	return error_set(e, ERROR_NOT_FOUND,
			 "There is no credential '%.64s': 'kimi-proxy "
			 "credential list' shows all.",
			 name);
}

/* --- A new one --- */

static bool is_name(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    strchr("._-", name[i]) == NULL)
			return false;
	return n > 0 && n <= LONGEST_NAME && name[0] != '-';
}

/* NULL: one will be made up. */
static bool check_name(const char *name, struct error *e)
{
	return name == NULL || is_name(name) ||
	       error_set(e, ERROR_VALUE,
			 "A name has up to 64 letters, digits, dots, hyphens "
			 "and underscores, and begins with no hyphen.");
}

static bool is_taken(const struct owner_credential *list, size_t n,
		     const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].credential.label, name) == 0)
			return true;
	return false;
}

/* "code", "code-2", … */
static const char *make_name(struct app *app, const char *service,
			     struct arena *a, struct error *e)
{
	struct owner_credential *list;
	const char *name = service;
	size_t n;

	if (!owner_credentials_list(app, &list, &n, a, e))
		return NULL;
	for (int i = 2; is_taken(list, n, name); i++)
		name = arena_printf(a, "%s-%d", service, i);
	return name;
}

/* The browser may show a refresh token as a list of its parts. */
static const char *join_parts(const char *secret, struct arena *a)
{
	struct error ignored;
	const cJSON *list = json_parse(a, secret, strlen(secret), &ignored);
	const cJSON *part;
	const char *text = NULL;

	if (!cJSON_IsArray(list))
		return secret;
	cJSON_ArrayForEach(part, list)
		text = !cJSON_IsString(part) ? NULL :
		       text == NULL	     ? part->valuestring :
					       arena_printf(a, "%s.%s", text,
							    part->valuestring);
	return text == NULL ? secret : text;
}

static const struct upstream *shape_of(const char *secret)
{
	size_t i = 0;

	while (services[i] != NULL && !services[i]->recognizes(secret))
		i++;
	return services[i];
}

/* What came by signing in is a token, whatever it looks like. */
static bool check_secret(const struct owner_addition *k, const char *secret,
			 struct arena *a, struct error *e)
{
	const struct upstream *shape = shape_of(secret);
	struct access_token own = k->service->access(a, secret);

	if (k->access == NULL && shape != k->service)
		return error_set(e, ERROR_VALUE,
				 "That looks like a credential of '%s', not of "
				 "'%s'.",
				 shape->name, k->service->name);
	if (strlen(secret) < SHORTEST_SECRET)
		return error_set(e, ERROR_VALUE,
				 "That is too short for a credential.");
	if (own.token != NULL && own.expires_ms != INT64_MAX)
		return error_set(e, ERROR_VALUE,
				 "That is an access token, which Kimi accepts "
				 "for minutes only: copy the refresh token.");
	return true;
}

static bool read_addition(struct app *app, const struct owner_addition *from,
			  struct kept_addition *k, struct credential *c,
			  struct arena *a, struct error *e)
{
	const char *secret = join_parts(from->secret, a);
	struct error why;

	if (!check_name(from->name, e) || !check_secret(from, secret, a, e))
		return false;
	if (!credential_parse(
		    c, a, arena_printf(a, "%s:%s", from->service->name, secret),
		    &why))
		return error_set(e, ERROR_VALUE, "The credential %s",
				 why.message);
	k->credential = c;
	k->access = from->access;
	k->host = from->host;
	k->device = from->device;
	k->name = from->name != NULL ?
			  from->name :
			  make_name(app, from->service->name, a, e);
	return k->name != NULL;
}

/* All have one key: a lost one is not replaced while it is needed. */
static const char *find_key(struct app *app, struct store *store,
			    struct arena *a, struct error *e)
{
	const char *path = app->sets.key_path, *key = NULL;
	struct kept_credential *rows;
	struct credential ignored;
	size_t n;

	if (!store_kept_list(store, &rows, &n, a, e))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].sealed == NULL)
			continue;
		if (key == NULL && (key = key_file_read(path, a, e)) == NULL)
			return NULL;
		if (store_kept_open(&rows[i], key, &ignored, a))
			continue;
		error_set(e, ERROR_SETUP,
			  "%s is not the key that '%s' was encrypted with: put "
			  "the right one back from the backup, or remove that "
			  "credential first.",
			  path, rows[i].name);
		return NULL;
	}
	return key != NULL ? key : key_file_make(path, a, e);
}

bool owner_credentials_prepare(struct app *app, const char *name,
			       struct arena *a, struct error *e)
{
	struct store *store = app_store(app, e);

	return store != NULL && check_name(name, e) &&
	       (name == NULL || store_kept_name_is_new(store, name, a, e)) &&
	       find_key(app, store, a, e) != NULL;
}

bool owner_credentials_add(struct app *app,
			   const struct owner_addition *new_one,
			   const char **name, struct arena *a, struct error *e)
{
	struct store *store = app_store(app, e);
	struct kept_addition k = { 0 };
	struct access_token access;
	struct credential c;
	const char *key;

	if (store == NULL || !read_addition(app, new_one, &k, &c, a, e))
		return false;
	key = find_key(app, store, a, e);
	if (key == NULL)
		return false;
	if (k.access != NULL) {
		access = *k.access;
		access.expires_ms = access_token_renewal_ms(access.expires_ms);
		k.access = &access;
	}
	k.sealed = secret_seal(a, key, c.secret, &k.sealed_length);
	*name = k.name;
	return store_kept_add(store, &k, a, e);
}

/* --- Changes --- */

bool owner_credentials_pause(struct app *app, const char *name, struct arena *a,
			     struct error *e)
{
	struct owner_credential found;

	return owner_credentials_find(app, name, &found, a, e) &&
	       store_kept_pause(app->store, &found.credential, e);
}

bool owner_credentials_resume(struct app *app, const char *name,
			      struct arena *a, struct error *e)
{
	struct owner_credential found;

	return owner_credentials_find(app, name, &found, a, e) &&
	       store_kept_resume(app->store, &found.credential, e);
}

bool owner_credentials_remove(struct app *app, const char *name,
			      struct arena *a, struct error *e)
{
	struct owner_credential found = { .in_settings = false };

	if (!owner_credentials_find(app, name, &found, a, e))
		return false;
	if (!found.credential.kept)
		return error_set(e, ERROR_VALUE,
				 "'%.64s' is one of KIMI_TOKENS (%s): take it "
				 "out there, or pause it.",
				 name, app->config.tokens_place);
	if (found.in_settings ?
		    !store_kept_give_back(app->store,
					  found.credential.fingerprint, e) :
		    !store_kept_remove(app->store, found.credential.fingerprint,
				       e))
		return false;
	store_empty_log(app->store);
	return true;
}
