/* SPDX-License-Identifier: MIT */
/* The lists that name what usage is of: GET /organization/admin_api_keys and
 * /organization/projects. */
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/routes.h"
#include "app/serve/page.h"
#include "app/usage/admin.h"
#include "app/usage/usage_query.h"
#include "base/clock.h"
#include "base/text.h"

static const struct page_rules rules = { 20, 100, true };

/* Some of the API keys, the oldest first. */
struct key_list {
	struct store_api_key *items;
	size_t n;
	void (*put)(struct json_writer *w, const struct exchange *x,
		    const struct store_api_key *k);
};

/* --- Objects -------------------------------------------------------------- */

static void put_time(struct json_writer *w, const char *name, int64_t ms)
{
	if (ms == 0)
		json_put_null(w, name);
	else
		json_put_int(w, name, ms / 1000);
}

/* An open object, with what both kinds of keys have. */
static void begin_key(struct json_writer *w, const char *object,
		      const struct store_api_key *k)
{
	json_object(w, NULL);
	json_put_text(w, "object", object);
	json_put_text(w, "id", k->public_id);
	json_put_text(w, "redacted_value", k->label);
	json_put_int(w, "created_at", k->created_at / 1000);
	put_time(w, "last_used_at", k->last_used_at);
}

static void put_admin_key(struct json_writer *w, const struct exchange *x,
			  const struct store_api_key *k)
{
	(void)x;
	begin_key(w, "organization.admin_api_key", k);
	json_put_text(w, "name", k->name);
	put_time(w, "expires_at", k->expires_at);
	json_object(w, "owner");
	json_put_text(w, "type", "user");
	json_put_text(w, "object", "organization.user");
	json_put_text(w, "role", "owner");
	json_close_object(w);
	json_close_object(w);
}

/* Whether requests can come with it now. */
static bool is_active(const struct exchange *x, const struct store_api_key *k)
{
	return k->revoked_at == 0 && k->blocked_at == 0 &&
	       (k->expires_at == 0 || k->expires_at > clock_wall_ms()) &&
	       (strcmp(k->origin, "settings") != 0 ||
		server_keys_find(&x->app->keys, k->fingerprint) != NULL);
}

/* Nobody is behind a key but itself: it is its own service account. */
static void put_project_key(struct json_writer *w, const struct exchange *x,
			    const struct store_api_key *k)
{
	const char *name = k->name == NULL ? k->label : k->name;

	begin_key(w, "organization.project.api_key", k);
	json_put_text(w, "name", name);
	json_put_text(w, "owner_project_access",
		      is_active(x, k) ? "active" : "inactive");
	json_object(w, "owner");
	json_put_text(w, "type", "service_account");
	json_object(w, "service_account");
	json_put_text(w, "id", k->public_id);
	json_put_text(w, "name", name);
	json_put_text(w, "role", k->admin ? "owner" : "member");
	json_put_int(w, "created_at", k->created_at / 1000);
	json_close_object(w);
	json_close_object(w);
	json_close_object(w);
}

/* As old as the first key. */
static void put_project(struct json_writer *w, const struct key_list *l)
{
	int64_t created_at = l->n == 0 ? 0 : l->items[0].created_at;

	json_object(w, NULL);
	json_put_text(w, "object", "organization.project");
	json_put_text(w, "id", USAGE_PROJECT);
	json_put_text(w, "name", USAGE_PROJECT);
	json_put_text(w, "status", "active");
	json_put_int(w, "created_at", created_at / 1000);
	json_put_null(w, "archived_at");
	json_close_object(w);
}

/* --- Keys ----------------------------------------------------------------- */

static int older_first(const void *p, const void *q)
{
	const struct store_api_key *a = p, *b = q;

	if (a->created_at != b->created_at)
		return a->created_at < b->created_at ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

static bool read_keys(struct exchange *x, struct key_list *l, struct error *e)
{
	struct store *store = admin_store(x, e);

	*l = (struct key_list){ .put = put_project_key };
	if (store == NULL ||
	    !store_api_key_list(store, &l->items, &l->n, x->arena, e))
		return false;
	if (l->n > 0)
		qsort(l->items, l->n, sizeof(*l->items), older_first);
	return true;
}

static bool read_admin_keys(struct exchange *x, struct key_list *l,
			    struct error *e)
{
	size_t n = 0;

	if (!read_keys(x, l, e))
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].admin && !l->items[i].deleted)
			l->items[n++] = l->items[i];
	l->n = n;
	l->put = put_admin_key;
	return true;
}

static bool check_project(struct exchange *x, struct error *e)
{
	return strcmp(x->params[0], USAGE_PROJECT) == 0 ||
	       error_set(e, ERROR_NOT_FOUND,
			 "There is no project '%.64s': all API keys of this "
			 "server are in '" USAGE_PROJECT "'.",
			 x->params[0]);
}

/* Those that were deleted, too: what they used is still told of. */
static bool read_project_keys(struct exchange *x, struct key_list *l,
			      struct error *e)
{
	return read_keys(x, l, e) && check_project(x, e);
}

/* Those that the query asks for, of these. */
static bool filter(struct exchange *x, struct key_list *l, struct error *e)
{
	const char *access = http_request_query(
		&x->request, "owner_project_access", x->arena);
	bool active = text_same(access, "active");
	size_t n = 0;

	if (access == NULL || strcmp(access, "any") == 0)
		return true;
	if (!active && strcmp(access, "inactive") != 0)
		return error_field(e, ERROR_VALUE, "owner_project_access",
				   "'owner_project_access' must be active, "
				   "inactive or any.");
	for (size_t i = 0; i < l->n; i++)
		if (is_active(x, &l->items[i]) == active)
			l->items[n++] = l->items[i];
	l->n = n;
	return true;
}

/* --- Lists and their elements --------------------------------------------- */

/* PAGE_NOWHERE if no id is given. */
static bool find(const struct key_list *l, const char *param, const char *id,
		 size_t *index, struct error *e)
{
	*index = PAGE_NOWHERE;
	if (id == NULL)
		return true;
	for (*index = 0; *index < l->n; ++*index)
		if (text_same(l->items[*index].public_id, id))
			return true;
	return error_field(e, ERROR_NOT_FOUND, param,
			   "There is no API key '%.64s' in this list.", id);
}

static bool send_page(struct exchange *x, const struct key_list *l,
		      struct error *e)
{
	size_t after, before;
	struct page_list list;
	struct json_writer *w;
	struct page_cut cut;
	struct page p;

	if (!page_read(&p, x, &rules, e) ||
	    !find(l, "after", p.after, &after, e) ||
	    !find(l, "before", p.before, &before, e))
		return false;
	cut = page_cut(&p, l->n, after, before);
	w = page_begin(&list, x);
	for (size_t i = cut.first; cut.n > 0; cut.n--, i += (size_t)cut.step) {
		l->put(w, x, &l->items[i]);
		page_added(&list, l->items[i].public_id);
	}
	page_send(&list, cut.more);
	return true;
}

static bool send_one(struct exchange *x, const struct key_list *l,
		     const char *id, struct error *e)
{
	struct json_response o;
	size_t i;

	if (!find(l, "", id, &i, e))
		return false;
	l->put(json_response_begin(&o, x), x, &l->items[i]);
	json_response_send(&o);
	return true;
}

void serve_organization_admin_keys(struct exchange *x)
{
	struct key_list l;
	struct error e;

	if (!read_admin_keys(x, &l, &e) || !send_page(x, &l, &e))
		exchange_fail(x, &e);
}

void serve_organization_admin_key(struct exchange *x)
{
	struct key_list l;
	struct error e;

	if (!read_admin_keys(x, &l, &e) || !send_one(x, &l, x->params[0], &e))
		exchange_fail(x, &e);
}

void serve_organization_project_keys(struct exchange *x)
{
	struct key_list l;
	struct error e;

	if (!read_project_keys(x, &l, &e) || !filter(x, &l, &e) ||
	    !send_page(x, &l, &e))
		exchange_fail(x, &e);
}

void serve_organization_project_key(struct exchange *x)
{
	struct key_list l;
	struct error e;

	if (!read_project_keys(x, &l, &e) || !send_one(x, &l, x->params[1], &e))
		exchange_fail(x, &e);
}

/* --- Projects ------------------------------------------------------------- */

void serve_organization_project(struct exchange *x)
{
	struct json_response o;
	struct key_list l;
	struct error e;

	if (!read_project_keys(x, &l, &e)) {
		exchange_fail(x, &e);
		return;
	}
	put_project(json_response_begin(&o, x), &l);
	json_response_send(&o);
}

void serve_organization_projects(struct exchange *x)
{
	struct page_list list;
	struct json_writer *w;
	struct key_list l;
	struct error e;

	if (!read_keys(x, &l, &e)) {
		exchange_fail(x, &e);
		return;
	}
	w = page_begin(&list, x);
	put_project(w, &l);
	page_added(&list, USAGE_PROJECT);
	page_send(&list, false);
}
