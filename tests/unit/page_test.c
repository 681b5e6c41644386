/* SPDX-License-Identifier: MIT */
/* Which page of a list a query asks for, and what is on it. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/serve/page.h"
#include "tests/unit/support/string_gateway.h"

static const struct page_rules rules = { 20, 100, false };

static struct exchange *asked(struct arena *a, const char *query)
{
	struct exchange *x = arena_alloc(a, sizeof(*x));
	struct string_gateway *g = string_gateway_new(a, "GET", "/", NULL);

	string_gateway_set(g, "QUERY_STRING", query);
	x->arena = a;
	x->gateway = x->request.gateway = &g->gateway;
	return x;
}

static void the_query_is_read(void **state)
{
	static const struct {
		const char *query;
		size_t limit;
		bool ascending;
		const char *after, *before;
	} rows[] = {
		{ "", 20, false, NULL, NULL },
		{ "limit=1", 1, false, NULL, NULL },
		{ "limit=100&order=asc", 100, true, NULL, NULL },
		{ "order=desc&after=a&before=b%2Fc", 20, false, "a", "b/c" },
		{ "limit=&order=&after=", 20, false, NULL, NULL },
	};
	struct error e;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct exchange *x = asked(*state, rows[i].query);
		struct page p;

		assert_true(page_read(&p, x, &rules, &e));
		assert_int_equal(p.limit, rows[i].limit);
		assert_int_equal(p.ascending, rows[i].ascending);
		assert_int_equal(p.after == NULL, rows[i].after == NULL);
		assert_int_equal(p.before == NULL, rows[i].before == NULL);
		if (p.after != NULL)
			assert_string_equal(p.after, rows[i].after);
		if (p.before != NULL)
			assert_string_equal(p.before, rows[i].before);
	}
}

static void a_list_may_begin_with_the_oldest(void **state)
{
	static const struct page_rules oldest = { 20, 100, true };
	struct page p;
	struct error e;

	assert_true(page_read(&p, asked(*state, ""), &oldest, &e));
	assert_true(p.ascending);
	assert_true(page_read(&p, asked(*state, "order=desc"), &oldest, &e));
	assert_false(p.ascending);
}

static void the_error_names_the_bad_parameter(void **state)
{
	static const char *const rows[][2] = {
		{ "limit=0", "limit" },
		{ "limit=101", "limit" },
		{ "limit=-1", "limit" },
		{ "limit=1x", "limit" },
		{ "limit=x", "limit" },
		{ "limit=99999999999999999999", "limit" },
		{ "order=up", "order" },
		{ "order=ASC", "order" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct page p;
		struct error e;

		assert_false(
			page_read(&p, asked(*state, rows[i][0]), &rules, &e));
		assert_error(&e, ERROR_VALUE, rows[i][1]);
	}
}

/* The indexes of a cut as letters, from 'a' on. */
static const char *letters(const struct page *p, size_t total, size_t after,
			   size_t before, struct arena *a)
{
	struct page_cut cut = page_cut(p, total, after, before);
	char *text = arena_alloc(a, cut.n + 2);

	for (size_t i = 0; i < cut.n; i++) {
		size_t place = cut.step > 0 ? cut.first + i : cut.first - i;

		assert_true(place < total);
		text[i] = (char)('a' + place);
	}
	if (cut.more)
		text[cut.n] = '+';
	return text;
}

static void a_page_has_what_is_between_after_and_before(void **state)
{
	static const struct {
		size_t limit;
		bool ascending;
		const char *after, *before;
		const char *letters;
	} rows[] = {
		{ 9, true, "", "", "abcde" },
		{ 9, false, "", "", "edcba" },
		{ 5, true, "", "", "abcde" },
		{ 4, true, "", "", "abcd+" },
		{ 4, false, "", "", "edcb+" },
		{ 2, true, "b", "", "cd+" },
		{ 2, true, "c", "", "de" },
		{ 2, true, "e", "", "" },
		{ 2, false, "d", "", "cb+" },
		{ 2, false, "a", "", "" },
		/* Paging backwards: the elements just before it. */
		{ 2, true, "", "e", "cd+" },
		{ 2, true, "", "c", "ab" },
		{ 2, true, "", "a", "" },
		{ 2, false, "", "a", "cb+" },
		{ 2, false, "", "e", "" },
		{ 9, true, "a", "d", "bc" },
		{ 1, true, "a", "d", "b+" },
		{ 9, false, "d", "a", "cb" },
		{ 9, true, "d", "b", "" },
		{ 9, true, "b", "b", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct page p = { .limit = rows[i].limit,
				  .ascending = rows[i].ascending };
		size_t after = PAGE_NOWHERE, before = PAGE_NOWHERE;

		if (*rows[i].after != '\0')
			after = (size_t)(*rows[i].after - 'a');
		if (*rows[i].before != '\0')
			before = (size_t)(*rows[i].before - 'a');
		assert_string_equal(letters(&p, 5, after, before, *state),
				    rows[i].letters);
	}
}

static void an_empty_list_has_an_empty_page(void **state)
{
	struct page p = { .limit = 1 };

	assert_string_equal(letters(&p, 0, PAGE_NOWHERE, PAGE_NOWHERE, *state),
			    "");
}

static void all_pages_together_are_the_list(void **state)
{
	for (size_t total = 0; total < 9; total++)
		for (size_t limit = 1; limit < 9; limit++) {
			struct page p = { .limit = limit, .ascending = true };
			size_t after = PAGE_NOWHERE, seen = 0;
			struct page_cut cut;

			do {
				cut = page_cut(&p, total, after, PAGE_NOWHERE);
				if (cut.n > 0)
					assert_int_equal(cut.first, seen);
				seen += cut.n;
				after = seen - 1;
			} while (cut.more);
			assert_int_equal(seen, total);
		}
	(void)state;
}

static void a_page_ends_at_32_mib(void **state)
{
	const size_t mib = 1024 * 1024;
	char *text = arena_alloc(*state, mib + 1);
	struct page_list l;
	struct json_writer *w = page_begin(&l, asked(*state, ""));
	size_t n = 0;

	memset(text, 'x', mib);
	do
		json_put_text(w, NULL, text);
	while (page_added(&l, n++ == 0 ? "one" : "last"));
	assert_int_equal(n, 32);
	assert_string_equal(l.first, "one");
	assert_string_equal(l.last, "last");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_query_is_read),
		TEST(a_list_may_begin_with_the_oldest),
		TEST(the_error_names_the_bad_parameter),
		TEST(a_page_has_what_is_between_after_and_before),
		TEST(an_empty_list_has_an_empty_page),
		TEST(all_pages_together_are_the_list),
		TEST(a_page_ends_at_32_mib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
