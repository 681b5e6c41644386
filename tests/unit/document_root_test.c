/* SPDX-License-Identifier: MIT */
/* The database is never inside the document root. */
#include "tests/unit/support/test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/document_root.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/site.h"

/* A folder with www/in, out, www/link -> out and out/link -> www. */
static const char *tree(struct arena *a)
{
	static const char *const folders[] = { "www", "www/in", "out", "wwwx" };
	const char *top = files_folder(a);

	for (size_t i = 0; i < COUNT(folders); i++)
		mkdir(arena_printf(a, "%s/%s", top, folders[i]), 0700);
	assert_int_equal(symlink("../out", arena_printf(a, "%s/www/link", top)),
			 0);
	assert_int_equal(symlink("../www", arena_printf(a, "%s/out/link", top)),
			 0);
	return top;
}

static void inside_is_inside_by_any_name(void **state)
{
	static const struct {
		const char *root, *path;
		bool holds;
	} rows[] = {
		{ "www", "www/kimi.db", true },
		{ "www", "www/in/kimi.db", true },
		{ "www/", "www/in/kimi.db", true },
		{ "www/../www", "out/../www/in/kimi.db", true },
		{ "out/link", "www/in/kimi.db", true },
		{ "www", "out/link/in/kimi.db", true },
		{ "www", "out/link/kimi.db", true },
		{ "www", "out/kimi.db", false },
		{ "www", "wwwx/kimi.db", false },
		{ "www", "www/link/kimi.db", false },
		{ "www/in", "www/kimi.db", false },
		{ "none", "www/kimi.db", false },
		{ "www", "none/kimi.db", false },
	};
	const char *top = tree(*state);

	for (size_t i = 0; i < COUNT(rows); i++)
		if (document_root_holds(
			    arena_printf(*state, "%s/%s", top, rows[i].root),
			    arena_printf(*state, "%s/%s", top, rows[i].path)) !=
		    rows[i].holds)
			fail_msg("%s %s", rows[i].root, rows[i].path);
	assert_false(document_root_holds(NULL, "/kimi.db"));
	assert_false(document_root_holds("/", "/kimi.db"));
}

/* The web server follows the first, SQLite writes beside the second. */
static void a_link_counts_with_both_its_ends(void **state)
{
	const char *top = tree(*state);
	const char *www = arena_printf(*state, "%s/www", top);
	const char *in = arena_printf(*state, "%s/www/kimi.db", top);
	const char *out = arena_printf(*state, "%s/out/kimi.db", top);

	files_write(out, "");
	assert_int_equal(symlink(out, in), 0);
	assert_true(document_root_holds(www, in));
	assert_false(document_root_holds(www, out));
	unlink(in);
	unlink(out);
	files_write(in, "");
	assert_int_equal(symlink(in, out), 0);
	assert_true(document_root_holds(www, out));
}

static const char *asked(struct site *s, const char *name, const char *root)
{
	struct string_gateway *g = site_request(s, "GET", "/v1/files", NULL);

	string_gateway_set(g, name, root);
	return site_serve(s, g);
}

static void no_database_is_made_inside(void **state)
{
	static const char *const names[] = { "DOCUMENT_ROOT",
					     "CONTEXT_DOCUMENT_ROOT" };
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *r = asked(s, names[i], s->folder);

		assert_contains(r, "Status: 503 ");
		assert_contains(r, "would be inside the document root");
		assert_contains(r, "KIMI_DB");
		assert_lacks(r, s->folder);
	}
	assert_int_not_equal(access(s->db_path, F_OK), 0);
}

static const char *asked_for(struct site *s, const char *uri, const char *key)
{
	struct string_gateway *g = site_request(s, "GET", uri, NULL);

	string_gateway_set(g, "DOCUMENT_ROOT", s->folder);
	string_gateway_set(g, "HTTP_AUTHORIZATION", key);
	return site_serve(s, g);
}

/* Strangers, who might try to download it, do not learn why. */
static void one_that_is_inside_is_not_used(void **state)
{
	static const char *const uris[] = { "/v1/models", "/healthz" };
	struct site *s = site_open(*state, NULL, NULL);
	size_t n;

	assert_contains(site_ask(s, "GET", "/healthz", NULL), "Status: 200 ");
	for (size_t i = 0; i < COUNT(uris); i++) {
		const char *r = asked_for(s, uris[i], "Bearer " SITE_KEY);

		assert_contains(r, "Status: 503 ");
		assert_contains(r, "Move it and its -wal file");
		r = asked_for(s, uris[i], "");
		assert_contains(r, "Status: 503 ");
		assert_lacks(r, "document root");
	}
	assert_contains(files_read(*state, s->log_path, &n), s->db_path);
	assert_contains(files_read(*state, s->log_path, &n), "-wal file");
	assert_int_equal(access(s->db_path, F_OK), 0);
}

/* Many sites may share a process: more than are remembered. */
static void every_document_root_is_looked_at(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *top = tree(*state);

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2 * DOCUMENT_ROOTS; i++) {
			const char *root =
				arena_printf(*state, "%s/www/%d", top, i);

			mkdir(root, 0700);
			assert_contains(asked(s, "DOCUMENT_ROOT", root),
					"Status: 200 ");
		}
		assert_contains(asked(s, "DOCUMENT_ROOT", s->folder),
				"Status: 503 ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(inside_is_inside_by_any_name),
		TEST(a_link_counts_with_both_its_ends),
		TEST(no_database_is_made_inside),
		TEST(one_that_is_inside_is_not_used),
		TEST(every_document_root_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
