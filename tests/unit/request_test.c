/* SPDX-License-Identifier: MIT */
/* Requests, from CGI variables as web servers really pass them. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/routes.h"
#include "http/request.h"
#include "tests/unit/support/string_gateway.h"

#define MAX_BODY 4096

static struct http_request *
read_request(struct arena *a, struct string_gateway *g, const char *prefix)
{
	struct http_request *r = arena_alloc(a, sizeof(*r));
	struct error e = { 0 };

	if (!http_request_head(r, a, &g->gateway, prefix, &e) ||
	    !http_request_body(r, MAX_BODY, &e))
		fail_msg("%s", e.message);
	return r;
}

static struct string_gateway *variables(struct arena *a, const char *uri,
					const char *script, const char *info)
{
	struct string_gateway *g = string_gateway_new(a, "GET", uri, NULL);

	if (script != NULL)
		string_gateway_set(g, "SCRIPT_NAME", script);
	if (info != NULL)
		string_gateway_set(g, "PATH_INFO", info);
	return g;
}

static const char *pattern_of(struct arena *a, struct http_request *r)
{
	struct router_match m;
	struct error e;

	return router_find(&m, routes, r, a, &e) ? m.route->pattern : "none";
}

/* As observed for GET /v1//models/?x=1. */
static void every_mount_finds_the_models(void **state)
{
	static const struct {
		const char *mount, *uri, *script, *info;
	} rows[] = {
		{ "ScriptAlias /v1", "/v1//models/?x=1", "/v1", "/models/" },
		{ "ScriptAlias /kimi", "/kimi/v1//models/?x=1", "/kimi",
		  "/v1/models/" },
		{ ".htaccess rewrite", "/kimi/v1//models/?x=1", "/kimi/app.cgi",
		  "/v1/models/" },
		{ "cgi-bin", "/cgi-bin/kimi.cgi/v1/models/?x=1",
		  "/cgi-bin/kimi.cgi", "/v1/models/" },
		{ "ProxyPass", "/kimi/v1//models/?x=1", "/kimi/v1/models/",
		  NULL },
		{ "SetHandler on Location", "/v1//models/?x=1", "/v1",
		  "/models/" },
		{ "lighttpd on /kimi/v1", "/kimi/v1//models/?x=1", "/kimi/v1",
		  "/models/" },
		{ "lighttpd on /", "/v1//models/?x=1", "/v1", "/models/" },
		{ "lighttpd, doubled by a rewrite", "/v1/models/?x=1", "/v1",
		  "/v1/models" },
		{ "nginx", "/v1//models/?x=1", "/v1/models/", NULL },
		{ "nginx with split path", "/kimi/v1//models/?x=1", "/kimi",
		  "/v1/models/" },
		{ "absolute form", "http://host.example/v1//models/?x=1", "/v1",
		  "/models/" },
		{ "no REQUEST_URI", NULL, "/kimi/app.cgi", "/v1/models/" },
		{ "no REQUEST_URI, all in SCRIPT_NAME", NULL,
		  "/kimi/v1/models/", NULL },
		{ "no REQUEST_URI, mounted at /v1", NULL, "/v1", "/models/" },
		{ "rewritten from elsewhere", "/ai/models", "/kimi",
		  "/v1/models" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct string_gateway *g = variables(
			*state, rows[i].uri, rows[i].script, rows[i].info);
		struct http_request *r = read_request(*state, g, NULL);

		if (strcmp(pattern_of(*state, r), "/v1/models") != 0)
			fail_msg("%s: %s", rows[i].mount,
				 pattern_of(*state, r));
	}
}

static void a_folder_without_a_route_is_a_mount_point(void **state)
{
	static const struct {
		const char *method, *uri, *pattern;
	} rows[] = {
		{ "GET", "/kimi/", "/" },
		{ "HEAD", "/a/kimi/?x=1", "/" },
		{ "GET", "/kimi", "none" },
		{ "GET", "/kimi?x=/", "none" },
		{ "POST", "/kimi/", "none" },
		{ "GET", "/v1/none/", "none" },
		{ "GET", "/kimi/v1/none/", "none" },
		{ "GET", "/v1/models/", "/v1/models" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct string_gateway *g = string_gateway_new(
			*state, rows[i].method, rows[i].uri, NULL);

		assert_string_equal(pattern_of(*state,
					       read_request(*state, g, NULL)),
				    rows[i].pattern);
	}
}

static void paths_are_tidied(void **state)
{
	static const struct {
		const char *uri, *path;
	} rows[] = {
		{ "/v1/models", "/v1/models" },
		{ "/v1/models/", "/v1/models" },
		{ "//v1///models", "/v1/models" },
		{ "/v1/./models/.", "/v1/models" },
		{ "/x/../v1/models", "/v1/models" },
		{ "/../../v1", "/v1" },
		{ "/v1/..", "" },
		{ "/", "" },
		{ "/v1/a%2Eb", "/v1/a.b" },
		{ "/v1/%2e%2e/models", "/models" },
		{ "/v1/a%2Fb", "/v1/a/b" },
		{ "/v1/%E4%BD%A0", "/v1/\xE4\xBD\xA0" },
		{ "/v1/...", "/v1/..." },
		{ "/v1/a%252e", "/v1/a%2e" },
		{ "/v1?a=/../x", "/v1" },
		{ "/v1#frag", "/v1" },
		{ "http://h:1?x", "" },
		{ "abc", "/abc" },
		{ "abcdefghijklmnopqrstuvwxyz/..", "" },
		{ "http:/v1/models", "/http:/v1/models" },
		{ "*", "/*" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct string_gateway *g =
			variables(*state, rows[i].uri, NULL, NULL);

		assert_string_equal(read_request(*state, g, NULL)->paths[0],
				    rows[i].path);
	}
}

static void malformed_paths_are_refused(void **state)
{
	static const char *const uris[] = {
		"/v1/%",   "/v1/%4",  "/v1/%zz",    "/v1/%00", "/v1/%0a",
		"/v1/%7F", "/v1/%ff", "/v1/%E4%BD", "/v1/a\tb"
	};

	for (size_t i = 0; i < COUNT(uris); i++) {
		struct string_gateway *g =
			variables(*state, uris[i], NULL, NULL);
		struct http_request *r = arena_alloc(*state, sizeof(*r));
		struct error e;

		assert_false(
			http_request_head(r, *state, &g->gateway, NULL, &e));
		assert_error(&e, ERROR_BAD_REQUEST, "");
	}
}

/* As Apache passes them; nginx leaves the first as it came. */
static void a_percent_sign_may_be_decoded_already(void **state)
{
	static const struct {
		const char *uri, *script, *info;
	} rows[] = {
		{ "/v1/models/a%25b", "/v1", "/models/a%b" },
		{ "/v1/models/a%25b", "/v1/models/a%b", NULL },
		{ "/v1/models/a%25b", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct string_gateway *g = variables(
			*state, rows[i].uri, rows[i].script, rows[i].info);
		struct http_request *r = read_request(*state, g, NULL);

		assert_string_equal(r->paths[0], "/v1/models/a%b");
		assert_string_equal(pattern_of(*state, r),
				    "/v1/models/{model}");
	}
}

static void only_a_whole_prefix_is_dropped(void **state)
{
	static const struct {
		const char *prefix, *uri, *path;
	} rows[] = {
		{ "/ai", "/ai/v1/models", "/v1/models" },
		{ "/ai/", "/ai/v1/models", "/v1/models" },
		{ "/ai", "/aix/v1/models", "/aix/v1/models" },
		{ "/ai", "/v1/models", "/v1/models" },
		{ "/ai", "/ai", "" },
		{ "/ai", "/ai?x=1", "" },
		{ "/", "/v1/models", "/v1/models" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct string_gateway *g =
			variables(*state, rows[i].uri, NULL, NULL);

		assert_string_equal(
			read_request(*state, g, rows[i].prefix)->paths[0],
			rows[i].path);
	}
}

static void a_body_is_read_in_any_pieces(void **state)
{
	for (size_t step = 0; step < 5; step++) {
		struct string_gateway *g =
			string_gateway_new(*state, "POST", "/", "0123456789");

		g->step = step;
		assert_string_equal(
			buf_text(&read_request(*state, g, NULL)->body),
			"0123456789");
	}
}

static struct string_gateway *large(struct arena *a, size_t n)
{
	char *body = arena_alloc(a, n + 1);

	memset(body, 'x', n);
	return string_gateway_new(a, "POST", "/v1/models", body);
}

static void a_body_at_the_limit_is_accepted(void **state)
{
	struct string_gateway *g = large(*state, MAX_BODY);

	assert_int_equal(read_request(*state, g, NULL)->body.len, MAX_BODY);
}

/* With unread input, web servers lose responses. */
static void a_body_over_the_limit_is_read_to_its_end(void **state)
{
	struct string_gateway *g = large(*state, 10 * MAX_BODY);
	struct http_request *r = arena_alloc(*state, sizeof(*r));
	struct error e;

	assert_true(http_request_head(r, *state, &g->gateway, NULL, &e));
	assert_false(http_request_body(r, MAX_BODY, &e));
	assert_error(&e, ERROR_TOO_LARGE, "");
	assert_int_equal(g->body_left, 0);
}

static void an_incomplete_body_is_refused(void **state)
{
	struct string_gateway *g = string_gateway_new(*state, "POST", "/", "x");
	struct http_request *r = arena_alloc(*state, sizeof(*r));
	struct error e;

	g->body_breaks = true;
	assert_true(http_request_head(r, *state, &g->gateway, NULL, &e));
	assert_false(http_request_body(r, MAX_BODY, &e));
	assert_error(&e, ERROR_BAD_REQUEST, "");
}

/* The body that is read where CONTENT_LENGTH says so; NULL: it is refused. */
static const char *body_declared(struct arena *a, const char *sent,
				 const char *length, size_t step)
{
	struct string_gateway *g = string_gateway_new(a, "POST", "/", sent);
	struct http_request *r = arena_alloc(a, sizeof(*r));
	struct error e;
	bool ok;

	g->step = step;
	string_gateway_set(g, "CONTENT_LENGTH", length);
	assert_true(http_request_head(r, a, &g->gateway, NULL, &e));
	ok = http_request_body(r, MAX_BODY, &e);
	if (!ok)
		assert_error(&e, ERROR_BAD_REQUEST, "");
	http_request_skip(r);
	assert_int_equal(g->body_left, 0);
	return ok ? buf_text(&r->body) : NULL;
}

static void a_body_has_its_declared_length(void **state)
{
	static const struct {
		const char *sent, *length, *read;
	} rows[] = {
		{ "0123456789", "10", "0123456789" },
		{ "0123456789", "4", "0123" },
		{ "0123456789", "0", "" },
		{ "", "0", "" },
		{ "0123456789", "11", NULL },
		{ "", "1", NULL },
		{ "0123456789", "99999999999999999999", NULL },
		/* Not declared, in the ways of servers with chunked bodies. */
		{ "0123456789", "", "0123456789" },
		{ "0123456789", "-1", "0123456789" },
		{ "0123456789", "4x", "0123456789" },
		{ "0123456789", " 4", "0123456789" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 0; step < 4; step++) {
			const char *body = body_declared(*state, rows[i].sent,
							 rows[i].length, step);

			if (rows[i].read == NULL)
				assert_null(body);
			else
				assert_string_equal(body, rows[i].read);
		}
}

static void a_body_can_be_read_in_pieces(void **state)
{
	struct string_gateway *g =
		string_gateway_new(*state, "POST", "/", "0123456789");
	struct http_request *r = arena_alloc(*state, sizeof(*r));
	char piece[4];
	size_t n = sizeof(piece);
	struct error e;

	assert_true(http_request_head(r, *state, &g->gateway, NULL, &e));
	assert_true(http_request_piece(r, piece, &n, &e));
	assert_int_equal(n, 4);
	assert_memory_equal(piece, "0123", 4);
	http_request_skip(r);
	assert_int_equal(g->body_left, 0);
	assert_true(http_request_piece(r, piece, &n, &e));
	assert_int_equal(n, 0);
}

/* A gateway may not support being asked again. */
static void after_its_end_a_body_is_not_read_again(void **state)
{
	struct string_gateway *g = string_gateway_new(*state, "POST", "/", "");
	struct http_request *r = arena_alloc(*state, sizeof(*r));
	char piece[4];
	size_t n = sizeof(piece);
	struct error e;

	g->body_breaks = true;
	assert_true(http_request_head(r, *state, &g->gateway, NULL, &e));
	assert_false(http_request_piece(r, piece, &n, &e));
	assert_error(&e, ERROR_BAD_REQUEST, "");
	g->body_left = 1;
	http_request_skip(r);
	assert_int_equal(g->body_left, 1);
}

static void an_empty_header_counts_as_missing(void **state)
{
	struct string_gateway *g = variables(*state, "/", NULL, NULL);

	string_gateway_set(g, "HTTP_AUTHORIZATION", "");
	assert_null(http_request_header(read_request(*state, g, NULL),
					"HTTP_AUTHORIZATION"));
}

static void query_parameters_are_decoded(void **state)
{
	static const struct {
		const char *query, *value;
	} rows[] = {
		{ "after=file-a", "file-a" },
		{ "limit=2&after=a%2Fb+c&order=asc", "a/b c" },
		{ "xafter=1&after=2", "2" },
		{ "after=1&after=2", "1" },
		{ "after=", NULL },
		{ "after", NULL },
		{ "before=1", NULL },
		{ "after=%zz", NULL },
		{ "after=%FF", NULL },
		{ "&&after=1&", "1" },
		{ NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct string_gateway *g = variables(*state, "/", NULL, NULL);
		const char *value;

		if (rows[i].query != NULL)
			string_gateway_set(g, "QUERY_STRING", rows[i].query);
		value = http_request_query(read_request(*state, g, NULL),
					   "after", *state);
		if (rows[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, rows[i].value);
	}
}

static void query_parameters_can_be_listed(void **state)
{
	struct string_gateway *g = variables(*state, "/", NULL, NULL);
	struct http_request *r;
	const char *name, *value;

	string_gateway_set(g, "QUERY_STRING",
			   "m%5Bk%5D=a+b&&n&o==%26&p=&q=%zz&%zz=r&");
	r = read_request(*state, g, NULL);
	for (size_t i = 0; i < 8; i++) {
		static const char *const pairs[][2] = {
			{ "m[k]", "a b" }, { "", "" },	{ "n", "" },
			{ "o", "=&" },	   { "p", "" }, { "q", NULL },
			{ NULL, "r" },	   { "", "" },
		};

		assert_true(http_request_query_at(r, i, &name, &value, *state));
		assert_int_equal(name == NULL, pairs[i][0] == NULL);
		assert_int_equal(value == NULL, pairs[i][1] == NULL);
		if (name != NULL)
			assert_string_equal(name, pairs[i][0]);
		if (value != NULL)
			assert_string_equal(value, pairs[i][1]);
	}
	assert_false(http_request_query_at(r, 8, &name, &value, *state));
	g = variables(*state, "/", NULL, NULL);
	r = read_request(*state, g, NULL);
	assert_false(http_request_query_at(r, 0, &name, &value, *state));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_mount_finds_the_models),
		TEST(a_folder_without_a_route_is_a_mount_point),
		TEST(paths_are_tidied),
		TEST(malformed_paths_are_refused),
		TEST(a_percent_sign_may_be_decoded_already),
		TEST(only_a_whole_prefix_is_dropped),
		TEST(a_body_is_read_in_any_pieces),
		TEST(a_body_at_the_limit_is_accepted),
		TEST(a_body_over_the_limit_is_read_to_its_end),
		TEST(an_incomplete_body_is_refused),
		TEST(a_body_has_its_declared_length),
		TEST(a_body_can_be_read_in_pieces),
		TEST(after_its_end_a_body_is_not_read_again),
		TEST(an_empty_header_counts_as_missing),
		TEST(query_parameters_are_decoded),
		TEST(query_parameters_can_be_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
