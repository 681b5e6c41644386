/* SPDX-License-Identifier: MIT */
/* Which host of a service is asked first, and which next. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "upstream/hosts.h"

/* A service with hosts of one letter each, and what is noted of them. */
struct fixture {
	struct credential_notes notes;
	struct upstream_call call;
	struct error error;
	const char *noted;
	unsigned found, saved;

	const char *asked; /* the hosts so far */
	const char *knows; /* the one that knows the key; NULL: none */
	enum error_kind others_say;
};

static const char *find(void *ctx, const char *name, struct arena *a)
{
	struct fixture *f = ctx;

	assert_string_equal(name, "host");
	f->found++;
	return f->noted == NULL ? NULL : arena_copy(a, f->noted);
}

static void save(void *ctx, const char *name, const char *value)
{
	struct fixture *f = ctx;

	assert_string_equal(name, "host");
	f->saved++;
	f->noted = value;
}

static struct fixture *begin(struct arena *a, const char *noted)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->notes = (struct credential_notes){ .find = find,
					      .save = save,
					      .ctx = f };
	f->call = (struct upstream_call){ .arena = a,
					  .notes = &f->notes,
					  .error = &f->error };
	f->noted = noted;
	f->asked = "";
	f->others_say = ERROR_CREDENTIAL;
	return f;
}

static bool ask(void *ctx, const char *host)
{
	struct fixture *f = ctx;

	assert_true(strlen(f->asked) < 10);
	f->asked = arena_printf(f->call.arena, "%s%s", f->asked, host);
	return (f->knows != NULL && strcmp(host, f->knows) == 0) ||
	       error_set(&f->error, f->others_say, "not at %s", host);
}

/* The setting: "a,b". */
static struct config_list list_of(const struct fixture *f, const char *urls)
{
	return config_list_parse(f->call.arena, urls, ',');
}

static bool visit(struct fixture *f, const char *urls, const char *knows)
{
	const struct hosts_visit v = { .ask = ask, .ctx = f };
	struct config_list list = list_of(f, urls);

	f->asked = "";
	f->knows = knows;
	return hosts_visit(&f->call, &list, &v);
}

static const char *beside(struct fixture *f, const char *urls, const char *url,
			  const char *others)
{
	struct config_list list = list_of(f, urls), other = list_of(f, others);

	return hosts_beside(&list, url, &other);
}

/* All hosts in the order in which a key is shown to them. */
static const char *order(struct fixture *f, const char *urls)
{
	assert_false(visit(f, urls, NULL));
	return f->asked;
}

static void they_are_tried_in_their_order(void **state)
{
	assert_string_equal(order(begin(*state, NULL), "a"), "a");
	assert_string_equal(order(begin(*state, NULL), "a,b"), "ab");
	assert_string_equal(order(begin(*state, NULL), "a,b,c"), "abc");
}

static void the_noted_one_comes_first(void **state)
{
	assert_string_equal(order(begin(*state, "b"), "a,b,c"), "bca");
	assert_string_equal(order(begin(*state, "c"), "a,b,c"), "cab");
	assert_string_equal(order(begin(*state, "a"), "a,b,c"), "abc");
}

static void a_note_of_no_host_is_ignored(void **state)
{
	assert_string_equal(order(begin(*state, "x"), "a,b"), "ab");
	assert_string_equal(order(begin(*state, ""), "a,b"), "ab");
}

/* A host that is set twice must not be asked forever. */
static void the_same_host_twice_is_one(void **state)
{
	assert_string_equal(order(begin(*state, NULL), "a,a"), "a");
	assert_string_equal(order(begin(*state, NULL), "a,b,b"), "ab");
	assert_string_equal(order(begin(*state, NULL), "a,b,c,b"), "abc");
	assert_string_equal(order(begin(*state, "b"), "a,a,b,b,c"), "bca");
	assert_string_equal(order(begin(*state, "c"), "a,b,a,c"), "cab");
}

static void of_one_host_nothing_is_noted(void **state)
{
	struct fixture *f = begin(*state, "x");

	assert_true(visit(f, "a", "a"));
	assert_int_equal(f->found + f->saved, 0);
}

static void only_a_change_is_noted(void **state)
{
	struct fixture *f = begin(*state, NULL);

	assert_true(visit(f, "a,b", "a"));
	assert_int_equal(f->saved, 0);
	assert_true(visit(f, "a,b", "b"));
	assert_string_equal(f->asked, "ab");
	assert_int_equal(f->saved, 1);
	assert_true(visit(f, "a,b", "b"));
	assert_string_equal(f->asked, "b");
	assert_int_equal(f->saved, 1);
	assert_true(visit(f, "a,b", "a"));
	assert_string_equal(f->asked, "ba");
	assert_int_equal(f->saved, 2);
	assert_string_equal(f->noted, "a");
}

static void without_notes_it_works(void **state)
{
	struct fixture *f = begin(*state, "b");

	f->call.notes = NULL;
	assert_string_equal(order(f, "a,b"), "ab");
	assert_true(visit(f, "a,b", "b"));
	assert_int_equal(f->found + f->saved, 0);
}

static void when_all_refuse_the_first_error_counts(void **state)
{
	struct fixture *f = begin(*state, "b");

	assert_false(visit(f, "a,b,c", NULL));
	assert_string_equal(f->asked, "bca");
	assert_error(&f->error, ERROR_CREDENTIAL, "");
	assert_string_equal(f->error.message, "not at b");
	assert_int_equal(f->saved, 0);
}

static void another_failure_ends_it(void **state)
{
	struct fixture *f = begin(*state, NULL);

	f->others_say = ERROR_OVERLOADED;
	assert_false(visit(f, "a,b", "b"));
	assert_string_equal(f->asked, "a");
	assert_error(&f->error, ERROR_OVERLOADED, "");
}

/* After the first host any failure, after others none. */
static bool only_after_the_first(void *ctx, bool first)
{
	struct fixture *f = ctx;

	assert_int_equal(first, strlen(f->asked) == 1);
	return first;
}

static void the_service_may_decide_whether_to_go_on(void **state)
{
	struct fixture *f = begin(*state, NULL);
	const struct hosts_visit v = { ask, only_after_the_first, f };
	struct config_list list = list_of(f, "a,b,c");

	f->others_say = ERROR_TIMEOUT;
	assert_false(hosts_visit(&f->call, &list, &v));
	assert_string_equal(f->asked, "ab");
	assert_string_equal(f->error.message, "not at b");
}

static void another_list_has_the_host_beside_it(void **state)
{
	struct fixture *f = begin(*state, NULL);

	assert_string_equal(beside(f, "a,b", "a", "x,y"), "x");
	assert_string_equal(beside(f, "a,b", "b", "x,y"), "y");
	assert_string_equal(beside(f, "a,b,c", "c", "x,y"), "x");
	assert_string_equal(beside(f, "a,b", "b", "x"), "x");
}

static void a_host_of_kimi_belongs_to_a_region(void **state)
{
	static const struct {
		const char *url, *region;
	} rows[] = {
		{ "https://api.moonshot.cn/v1", "cn" },
		{ "https://api.moonshot.ai/v1", "global" },
		{ "https://api.kimi.com/coding/v1", "cn" },
		{ "https://api.kimi.ai/coding/v1", "global" },
		{ "https://www.kimi.com", "cn" },
		{ "https://www.kimi.ai:443", "global" },
		{ "http://127.0.0.1:8080/v1", NULL },
		{ "https://gateway.example/api.moonshot.cn/v1", NULL },
		{ "https://notkimi.com", NULL },
		{ "kimi.ai", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *region = hosts_region(rows[i].url);

		if (rows[i].region == NULL)
			assert_null(region);
		else
			assert_string_equal(region, rows[i].region);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_are_tried_in_their_order),
		TEST(the_noted_one_comes_first),
		TEST(a_note_of_no_host_is_ignored),
		TEST(the_same_host_twice_is_one),
		TEST(of_one_host_nothing_is_noted),
		TEST(only_a_change_is_noted),
		TEST(without_notes_it_works),
		TEST(when_all_refuse_the_first_error_counts),
		TEST(another_failure_ends_it),
		TEST(the_service_may_decide_whether_to_go_on),
		TEST(another_list_has_the_host_beside_it),
		TEST(a_host_of_kimi_belongs_to_a_region),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
