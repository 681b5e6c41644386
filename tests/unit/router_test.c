/* SPDX-License-Identifier: MIT */
/* Finding the route for a path and method. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/routes.h"

struct found {
	struct router_match match;
	struct error error;
};

static struct found find(struct arena *a, const char *method, const char *path)
{
	struct http_request r = { .method = method, .n_paths = 1 };
	struct found f = { .error = { .kind = ERROR_KINDS } };
	bool found;

	r.paths[0] = path;
	found = router_find(&f.match, routes, &r, a, &f.error);
	assert_int_equal(found, f.match.route != NULL);
	return f;
}

#define CHAT "/v1/chat/completions"
#define TURN "/v1/chat/completions/{conversation-id}"
#define MODEL "/v1/models/{model}"
#define FILE_ID "/v1/files/{file-id}"
#define FILE_CONTENT "/v1/files/{file-id}/content"
#define SAID "/v1/chat/completions/{conversation-id}/messages"
#define TALK "/v1/conversations/{conversation-id}"
#define ITEMS "/v1/conversations/{conversation-id}/items"
#define ITEM "/v1/conversations/{conversation-id}/items/{item-id}"

static const struct {
	const char *method, *path, *pattern, *param;
} rows[] = {
	{ "GET", "", "/", "" },
	{ "HEAD", "", "/", "" },
	{ "GET", "/healthz", "/healthz", "" },
	{ "GET", "/kimi/healthz", "/healthz", "" },
	{ "GET", "/health", "/health", "" },
	{ "HEAD", "/api/hello", "/api/hello", "" },
	{ "HEAD", "/kimi/api/hello", "/api/hello", "" },
	{ "GET", "/kimi/v1/api/hello", "/api/hello", "" },
	{ "GET", "/v1/responses", "/v1/responses", "" },
	{ "POST", "/v1/completions", "/v1/completions", "" },
	{ "POST", "/kimi/completions", "/v1/completions", "" },
	{ "POST", "/c/completions/v1/chat/completions", CHAT, "" },
	{ "GET", "/v1/models", "/v1/models", "" },
	{ "HEAD", "/v1/models", "/v1/models", "" },
	{ "GET", "/models", "/v1/models", "" },
	{ "GET", "/v1/v1/models", "/v1/models", "" },
	{ "GET", "/kimi/v1/models", "/v1/models", "" },
	{ "GET", "/kimi/models", "/v1/models", "" },
	{ "GET", "/a/b/v1/v1/models", "/v1/models", "" },
	{ "GET", "/cgi-bin/kimi.cgi/v1/models", "/v1/models", "" },
	{ "GET", "/cgi-bin/kimi.cgi/models", "/v1/models", "" },
	{ "GET", "/cgi-bin/kimi.cgi", "/", "" },
	{ "GET", "/kimi.fcgi", "/", "" },
	{ "GET", "/v1/models/k2", MODEL, "k2" },
	{ "HEAD", "/v1/models/k2", MODEL, "k2" },
	{ "GET", "/v1/models/a/b", MODEL, "a/b" },
	{ "GET", "/v1/models/v1", MODEL, "v1" },
	{ "POST", "/v1/chat/completions", CHAT, "" },
	{ "POST", "/chat/completions", CHAT, "" },
	{ "POST", "/v1/v1/chat/completions", CHAT, "" },
	{ "POST", "/kimi/v1/chat/completions", CHAT, "" },
	{ "POST", "/kimi/chat/completions", CHAT, "" },
	{ "POST", "/v1/chat/completions/mine", TURN, "mine" },
	{ "POST", "/chat/completions/mine", TURN, "mine" },
	{ "POST", "/kimi/v1/chat/completions/v1", TURN, "v1" },
	{ "POST", "/v1/chat/completions/a:b@c~d.e_f-g", TURN, "a:b@c~d.e_f-g" },
	{ "POST", "/chat/completions/models", TURN, "models" },
	{ "POST", "/v1/files", "/v1/files", "" },
	{ "GET", "/files/file-a", FILE_ID, "file-a" },
	{ "DELETE", "/kimi/v1/files/file-a", FILE_ID, "file-a" },
	{ "GET", "/v1/files/file-a/content", FILE_CONTENT, "file-a" },
	{ "HEAD", "/kimi/files/file-a/content", FILE_CONTENT, "file-a" },
	{ "GET", "/v1/files/content", FILE_ID, "content" },
	{ "GET", "/v1/files/a/b/content", FILE_ID, "a/b/content" },
	{ "GET", "/v1/chat/completions", CHAT, "" },
	{ "GET", "/v1/chat/completions/mine", TURN, "mine" },
	{ "DELETE", "/kimi/chat/completions/mine", TURN, "mine" },
	{ "GET", "/v1/chat/completions/mine/messages", SAID, "mine" },
	{ "POST", "/v1/conversations", "/v1/conversations", "" },
	{ "POST", "/conversations/conv_a", TALK, "conv_a" },
	{ "DELETE", "/kimi/v1/conversations/conv_a", TALK, "conv_a" },
	{ "GET", "/v1/conversations/items", TALK, "items" },
	{ "GET", "/v1/conversations/conv_a/items", ITEMS, "conv_a" },
	{ "POST", "/v1/v1/conversations/items/items", ITEMS, "items" },
	{ "GET", "/v1/conversations/a/b/items/c", TALK, "a/b/items/c" },
	/* Mounted under a folder whose name only looks like /v1. */
	{ "GET", "/v1beta/v1/models", "/v1/models", "" },
	{ "GET", "/xv1/v1/models", "/v1/models", "" },
};

static void check_match(struct arena *a, const char *method, const char *path,
			const char *const wanted[1 + ROUTE_PARAMS])
{
	struct found f = find(a, method, path);
	const struct router_match *m = &f.match;

	if (m->route == NULL)
		fail_msg("%s %s: %s", method, path, f.error.message);
	if (strcmp(m->route->pattern, wanted[0]) != 0 ||
	    strcmp(m->params[0], wanted[1]) != 0 ||
	    strcmp(m->params[1], wanted[2]) != 0)
		fail_msg("%s %s: %s with '%s' and '%s'", method, path,
			 m->route->pattern, m->params[0], m->params[1]);
}

static void paths_find_their_routes(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		check_match(*state, rows[i].method, rows[i].path,
			    (const char *[]){ rows[i].pattern, rows[i].param,
					      "" });
}

static void a_pattern_may_have_two_names(void **state)
{
	static const struct {
		const char *method, *path, *first, *second;
	} pairs[] = {
		{ "GET", "/v1/conversations/conv_a/items/msg_b", "conv_a",
		  "msg_b" },
		{ "DELETE", "/kimi/conversations/a/items/b/c", "a", "b/c" },
		{ "GET", "/conversations/items/items/items", "items", "items" },
	};

	for (size_t i = 0; i < COUNT(pairs); i++)
		check_match(*state, pairs[i].method, pairs[i].path,
			    (const char *[]){ ITEM, pairs[i].first,
					      pairs[i].second });
}

static void an_unknown_path_is_an_error_that_says_where_to_look(void **state)
{
	static const char *const paths[] = {
		"/v1/embeddings", "/v1/modelsx",  "/v1/chat",
		"/v1/models_",	  "/modelsx",	  "/v1x/nothing",
		"/nothing",	  "/v1/healthzz", "/v1/v1x/nothing",
	};

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct found f = find(*state, "GET", paths[i]);

		if (f.match.route != NULL)
			fail_msg("%s is %s", paths[i], f.match.route->pattern);
		assert_error(&f.error, ERROR_ROUTE, "");
		assert_null(f.match.allow);
		assert_contains(f.error.message, "GET /");
	}
}

static void another_method_is_an_error_that_lists_the_allowed_ones(void **state)
{
	static const struct {
		const char *method, *path, *allow;
	} wrong[] = {
		{ "POST", "/v1/models", "GET, HEAD, OPTIONS" },
		{ "DELETE", "/v1/models/k2", "GET, HEAD, OPTIONS" },
		{ "GET", "/v1/tokenizers/estimate-token-count",
		  "POST, OPTIONS" },
		{ "HEAD", "/v1/tokenizers/estimate-token-count",
		  "POST, OPTIONS" },
		{ "PUT", "/v1/chat/completions/x",
		  "DELETE, GET, HEAD, POST, OPTIONS" },
		{ "POST", "/v1/chat/completions/x/messages",
		  "GET, HEAD, OPTIONS" },
		{ "GET", "/v1/conversations", "POST, OPTIONS" },
		{ "PUT", "/v1/conversations/x",
		  "DELETE, POST, GET, HEAD, OPTIONS" },
		{ "DELETE", "/v1/conversations/x/items",
		  "POST, GET, HEAD, OPTIONS" },
		{ "POST", "/v1/conversations/x/items/y",
		  "DELETE, GET, HEAD, OPTIONS" },
		{ "POST", "/healthz", "GET, HEAD, OPTIONS" },
		{ "post", "/v1/chat/completions", "GET, HEAD, POST, OPTIONS" },
		{ "GETX", "/v1/models", "GET, HEAD, OPTIONS" },
		{ "PUT", "/v1/files", "GET, HEAD, POST, OPTIONS" },
		{ "POST", "/v1/files/x", "DELETE, GET, HEAD, OPTIONS" },
		{ "DELETE", "/v1/files/x/content", "GET, HEAD, OPTIONS" },
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct found f = find(*state, wrong[i].method, wrong[i].path);

		assert_null(f.match.route);
		assert_error(&f.error, ERROR_METHOD, "");
		assert_string_equal(f.match.allow, wrong[i].allow);
	}
}

static void the_first_path_that_is_a_route_wins(void **state)
{
	struct http_request r = { .method = "GET", .n_paths = 3 };
	struct router_match m;
	struct error e;

	r.paths[0] = "/public/name";
	r.paths[1] = "/models/k2";
	r.paths[2] = "/v1/models";
	assert_true(router_find(&m, routes, &r, *state, &e));
	assert_string_equal(m.route->pattern, MODEL);
	assert_string_equal(m.params[0], "k2");
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (const struct route *r = routes; r->pattern != NULL; r++) {
		assert_non_null(r->method);
		assert_non_null(r->serve);
		assert_non_null(r->dialect);
		assert_int_equal(r->pattern[0], '/');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paths_find_their_routes),
		TEST(a_pattern_may_have_two_names),
		TEST(an_unknown_path_is_an_error_that_says_where_to_look),
		TEST(another_method_is_an_error_that_lists_the_allowed_ones),
		TEST(the_first_path_that_is_a_route_wins),
		TEST(every_row_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
