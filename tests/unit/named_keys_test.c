/* SPDX-License-Identifier: MIT */
/* API keys of the database in requests: who is let in, and to what. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/auth.h"
#include "base/clock.h"
#include "store/key_changes.h"
#include "store/kept_credentials.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

struct named {
	struct site *site;
	struct store *store;
	struct store_api_key key;
	char *secret;
	struct error e;
};

static struct named begin(struct arena *a, const char *settings,
			  struct replay_answer *answers)
{
	struct named n = { .key = { .name = "team", .space = -1 } };

	n.site = site_open(a, settings, answers);
	n.store = app_store(app_find(&n.site->apps, n.site->config_path), &n.e);
	assert_non_null(n.store);
	assert_true(
		store_api_key_add(n.store, &n.key, NULL, &n.secret, a, &n.e));
	return n;
}

static const char *ask(struct named *n, const char *secret, const char *method,
		       const char *uri, const char *body)
{
	struct arena *a = n->site->arena;
	struct string_gateway *g = site_request(n->site, method, uri, body);

	string_gateway_set(g, "HTTP_AUTHORIZATION",
			   arena_printf(a, "Bearer %s", secret));
	return site_serve(n->site, g);
}

static const char *models(struct named *n)
{
	return ask(n, n->secret, "GET", "/v1/models", NULL);
}

static void assert_refused(struct named *n, const char *secret,
			   const char *words)
{
	const char *r = ask(n, secret, "GET", "/v1/models", NULL);

	assert_contains(r, "Status: 401 ");
	assert_contains(r, "invalid_api_key");
	assert_contains(r, words);
}

static bool become(void *ctx, struct store_api_key *k,
		   const struct store_key_budgets **budgets, struct error *e)
{
	(void)budgets;
	(void)e;
	*k = *(const struct store_api_key *)ctx;
	return true;
}

static void save(struct named *n)
{
	struct store_api_key now = n->key;
	const struct store_key_change change = { become, &n->key };

	assert_true(store_api_key_change(n->store, &now, &change,
					 n->site->arena, &n->e));
}

static void a_key_of_the_database_is_let_in(void **state)
{
	struct named n = begin(*state, NULL, NULL);

	assert_contains(models(&n), "Status: 200 ");
}

static void what_begins_like_one_is_never_a_credential(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	char *other = arena_copy(*state, n.secret);

	other[10] = other[10] == 'x' ? 'y' : 'x';
	assert_refused(&n, other, "mistyped");
	assert_refused(&n, "kp-0123456789abcdefghijklmnopqrstuvwxyz",
		       "mistyped");
	assert_refused(&n,
		       arena_printf(*state, "%s,sk-%s", n.secret,
				    "0123456789abcdefghijklmn"),
		       "mistyped");
	assert_true(store_api_key_delete(n.store, &n.key, &n.e));
	assert_refused(&n, n.secret, "It was deleted, or is another server's.");
	assert_int_equal(n.site->replay.n_calls, 0);
}

static void what_was_revoked_cannot_be_unblocked(void **state)
{
	struct named n = begin(*state, NULL, NULL);

	assert_true(store_api_key_revoke(n.store, &n.key, &n.e));
	n.key.revoked_at = clock_wall_ms();
	assert_false(store_api_key_block(n.store, &n.key, false, &n.e));
	assert_contains(n.e.message, "was revoked and stays refused");
	assert_refused(&n, n.secret, "This API key was revoked");
}

static void who_may_not_come_in_is_told_why(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	char *old = n.secret;

	assert_true(store_api_key_block(n.store, &n.key, true, &n.e));
	assert_refused(&n, old, "This API key is blocked.");
	assert_true(store_api_key_block(n.store, &n.key, false, &n.e));
	assert_contains(models(&n), "Status: 200 ");

	n.key.expires_at = clock_wall_ms() - 1;
	save(&n);
	assert_refused(&n, old, "This API key expired on 20");
	n.key.expires_at = clock_wall_ms() + 60000;
	save(&n);
	assert_contains(models(&n), "Status: 200 ");

	assert_true(store_api_key_rotate(n.store, &n.key, 0, &n.secret, *state,
					 &n.e));
	assert_refused(&n, old, "This API key was replaced by a new one");
	assert_contains(models(&n), "Status: 200 ");

	assert_true(store_api_key_revoke(n.store, &n.key, &n.e));
	assert_refused(&n, n.secret, "This API key was revoked on 20");
}

static void a_key_of_the_settings_can_be_blocked(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	struct store_api_key k;
	char fingerprint[FINGERPRINT_SIZE];

	secret_fingerprint(SITE_KEY, fingerprint);
	assert_contains(ask(&n, SITE_KEY, "GET", "/v1/models", NULL),
			"Status: 200 ");
	assert_true(store_api_key_ensure(n.store, fingerprint, "label", &n.e));
	assert_true(store_api_key_find(n.store, fingerprint, &k, *state, &n.e));
	assert_true(store_api_key_block(n.store, &k, true, &n.e));
	assert_refused(&n, SITE_KEY, "This API key is blocked.");
}

static void anthropics_clients_are_told_in_their_own_words(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	const char *r;

	assert_true(store_api_key_revoke(n.store, &n.key, &n.e));
	r = ask(&n, n.secret, "POST", "/v1/messages",
		"{\"model\":\"kimi-k3\",\"max_tokens\":9,"
		"\"messages\":[" SAYS("Hi") "]}");
	assert_contains(r, "Status: 401 ");
	assert_contains(r, "\"authentication_error\"");
	assert_contains(r, "was revoked");
}

/* A list of one entry. */
static struct config_list only(struct arena *a, const char *entry)
{
	const char **items = arena_array(a, 1, sizeof(*items));

	items[0] = entry;
	return (struct config_list){ items, 1 };
}

static void only_the_models_it_may_use_are_listed(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	const char *all = models(&n), *r;

	assert_contains(all, "\"kimi-k3\"");
	assert_contains(all, "\"kimi-k2.6\"");
	n.key.models = only(*state, "kimi-k2.6");
	save(&n);
	r = models(&n);
	assert_lacks(r, "\"kimi-k3\"");
	assert_contains(r, "\"first_id\":\"kimi-k2.6\",\"last_id\":"
			   "\"kimi-k2.6\"");
	n.key.models = only(*state, "kimi-k2*");
	save(&n);
	assert_contains(models(&n), "\"kimi-k2.6\"");
	assert_lacks(models(&n), "\"kimi-k3\"");
	r = ask(&n, n.secret, "GET", "/v1/models/kimi-k3", NULL);
	assert_contains(r, "Status: 403 ");
}

static void other_models_are_refused_by_name(void **state)
{
	struct named n =
		begin(*state, "KIMI_MODEL_ALIASES=gpt-*=kimi-k3\n", NULL);
	static const char *const names[] = { "kimi-k3", "kimi-k3-search",
					     "gpt-x" };
	const char *r;

	n.key.models = only(*state, "kimi-k2.6");
	save(&n);
	for (size_t i = 0; i < COUNT(names); i++) {
		r = ask(&n, n.secret, "POST", "/v1/chat/completions",
			arena_printf(*state,
				     "{\"model\":\"%s\",\"messages\":[" SAYS(
					     "Hi") "]}",
				     names[i]));
		assert_contains(r, "Status: 403 ");
		assert_contains(r, "\"code\":\"model_not_allowed\"");
		assert_contains(r, names[i]);
		assert_contains(r, "It may use: kimi-k2.6.");
	}
	assert_int_equal(n.site->replay.n_calls, 0);
}

static void leave(void *exchange)
{
	struct exchange *x = exchange;

	if (x->credentials != NULL)
		credential_set_give_back(&x->app->sets, x->credentials);
}

/* What auth_check makes of it. */
static bool check(struct named *n, struct caller *caller)
{
	struct arena *a = n->site->arena;
	struct string_gateway *g =
		site_request(n->site, "GET", "/v1/models", NULL);
	struct exchange *x = arena_alloc(a, sizeof(*x));

	string_gateway_set(g, "HTTP_AUTHORIZATION",
			   arena_printf(a, "Bearer %s", n->secret));
	string_gateway_set(g, "KIMI_CONFIG", n->site->config_path);
	exchange_init(x, &n->site->apps, &n->site->worker.http, a, &g->gateway);
	assert_true(
		http_request_head(&x->request, a, &g->gateway, NULL, &n->e));
	arena_own(a, x, leave);
	return auth_check(x, caller, &n->e);
}

static void it_may_use_some_credentials_only(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	struct caller caller;

	assert_true(check(&n, &caller));
	assert_int_equal(caller.n_credentials, 2);
	n.key.credentials = only(*state, caller.credentials[0].label);
	save(&n);
	assert_true(check(&n, &caller));
	assert_int_equal(caller.n_credentials, 1);
	assert_string_equal(caller.credentials[0].secret, SITE_PLATFORM);
	n.key.credentials = only(*state, "another");
	save(&n);
	assert_false(check(&n, &caller));
	assert_error(&n.e, ERROR_SETUP, "");
	assert_contains(n.e.message, "that this API key may use: another.");
}

#define SAYS_HI(model) "{\"model\":\"" model "\",\"messages\":[" SAYS("Hi") "]}"

/* A model is not said to be missing that only is out of this key's reach. */
static void a_model_of_other_credentials_is_refused_as_such(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	struct caller all;
	const char *r;

	assert_true(check(&n, &all));
	n.key.credentials = only(*state, all.credentials[0].label);
	save(&n);
	for (int i = 0; i < 2; i++) {
		r = i == 0 ? ask(&n, n.secret, "POST", "/v1/chat/completions",
				 SAYS_HI("k2-search")) :
			     ask(&n, n.secret, "GET", "/v1/models/k2", NULL);
		assert_contains(r, "Status: 403 ");
		assert_contains(r, "\"code\":\"model_not_allowed\"");
		assert_contains(r, "may not use the credentials that have the "
				   "model 'k2");
	}
	assert_contains(ask(&n, n.secret, "POST", "/v1/chat/completions",
			    SAYS_HI("k-nonsense")),
			"does not exist here");
}

static void a_model_of_paused_credentials_is_refused_as_such(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	struct caller all;
	const char *r;

	assert_true(check(&n, &all));
	assert_true(store_kept_pause(n.store, &all.credentials[1], &n.e));
	for (int i = 0; i < 2; i++) {
		r = i == 0 ? ask(&n, n.secret, "POST", "/v1/chat/completions",
				 SAYS_HI("k2")) :
			     ask(&n, n.secret, "GET", "/v1/models/k2", NULL);
		assert_contains(r, "Status: 503 ");
		assert_contains(r, "has paused all credentials that have the "
				   "model 'k2'");
	}
	n.key.credentials = only(*state, all.credentials[1].label);
	save(&n);
	assert_false(check(&n, &all));
	assert_error(&n.e, ERROR_SETUP, "");
	assert_contains(n.e.message, "has paused all credentials that this API "
				     "key may use.");
}

static void what_it_owns_stays_when_its_secret_is_replaced(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	struct caller before, after;

	assert_true(check(&n, &before));
	assert_true(store_api_key_rotate(n.store, &n.key, 0, &n.secret, *state,
					 &n.e));
	assert_true(check(&n, &after));
	assert_string_equal(before.fingerprint, after.fingerprint);
	assert_string_not_equal(before.secret, after.secret);
}

#define LAST_USED                                                              \
	"SELECT (SELECT last_used_at FROM keys WHERE name = 'team')"           \
	" + (SELECT sum(last_used_at) FROM key_secrets)"

static void its_last_use_is_noted_once_a_minute(void **state)
{
	struct named n = begin(*state, NULL, NULL);
	const char *path = n.site->db_path;
	const char *body = "{\"metadata\":{}}";
	int64_t now = clock_wall_ms(), first;

	assert_null(database_text(*state, path, LAST_USED));
	assert_contains(ask(&n, n.secret, "POST", "/v1/conversations", body),
			"Status: 200 ");
	first = database_int(path, LAST_USED);
	assert_in_range(first, 2 * now, 2 * clock_wall_ms());
	ask(&n, n.secret, "POST", "/v1/conversations", body);
	assert_int_equal(database_int(path, LAST_USED), first);
	database_run(path, "UPDATE key_secrets SET last_used_at = "
			   "last_used_at - 60000");
	ask(&n, n.secret, "POST", "/v1/conversations", body);
	assert_true(database_int(path, LAST_USED) >= first);
}

static void it_may_know_how_the_server_is(void **state)
{
	struct named n = begin(*state, NULL, NULL);

	assert_contains(ask(&n, n.secret, "GET", "/healthz", NULL),
			n.site->db_path);
	assert_true(store_api_key_block(n.store, &n.key, true, &n.e));
	assert_lacks(ask(&n, n.secret, "GET", "/healthz", NULL),
		     n.site->db_path);
}

#define CHAT_BODY "{\"model\":\"kimi-k3\",\"messages\":[" SAYS("Hi") "]}"

static void refuse_chat(struct named *n, const char *secret, const char *status)
{
	assert_contains(ask(n, secret, "POST", "/v1/chat/completions",
			    CHAT_BODY),
			status);
}

/* So its owner finds out whose client still has an old one. */
static void what_is_refused_of_a_known_key_is_that_keys(void **state)
{
	struct named n = begin(*state, "KIMI_TOKENS=", NULL);
	char *old = n.secret;

	refuse_chat(&n, old, "Status: 503 ");
	assert_true(store_api_key_rotate(n.store, &n.key, 0, &n.secret, *state,
					 &n.e));
	refuse_chat(&n, old, "Status: 401 ");
	assert_true(store_api_key_block(n.store, &n.key, true, &n.e));
	refuse_chat(&n, n.secret, "Status: 401 ");
	assert_true(store_api_key_revoke(n.store, &n.key, &n.e));
	refuse_chat(&n, n.secret, "Status: 401 ");
	assert_int_equal(database_int(n.site->db_path,
				      "SELECT count(*) FROM requests JOIN keys "
				      "ON keys.id = key_id WHERE name = 'team' "
				      "AND status = 'refused'"),
			 4);
	refuse_chat(&n, "sk-of-nobody", "Status: 401 ");
	assert_int_equal(database_int(n.site->db_path,
				      "SELECT count(*) FROM requests JOIN keys "
				      "ON keys.id = key_id WHERE origin = "
				      "'nobody'"),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_of_the_database_is_let_in),
		TEST(what_begins_like_one_is_never_a_credential),
		TEST(what_was_revoked_cannot_be_unblocked),
		TEST(who_may_not_come_in_is_told_why),
		TEST(a_key_of_the_settings_can_be_blocked),
		TEST(anthropics_clients_are_told_in_their_own_words),
		TEST(only_the_models_it_may_use_are_listed),
		TEST(other_models_are_refused_by_name),
		TEST(it_may_use_some_credentials_only),
		TEST(a_model_of_other_credentials_is_refused_as_such),
		TEST(a_model_of_paused_credentials_is_refused_as_such),
		TEST(what_it_owns_stays_when_its_secret_is_replaced),
		TEST(its_last_use_is_noted_once_a_minute),
		TEST(it_may_know_how_the_server_is),
		TEST(what_is_refused_of_a_known_key_is_that_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
