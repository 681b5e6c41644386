/* SPDX-License-Identifier: MIT */
/* Which host of a service is asked first, and which next. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "upstream/hosts.h"

/* A service with hosts of one letter each, and what is noted of them. */
struct fixture {
	struct upstream_notes notes;
	struct upstream_call call;
	const char *noted;
	unsigned found, kept;
};

static const char *find(void *ctx, const char *name, struct arena *a)
{
	struct fixture *f = ctx;

	assert_string_equal(name, "host");
	f->found++;
	return f->noted == NULL ? NULL : arena_copy(a, f->noted);
}

static void keep(void *ctx, const char *name, const char *value)
{
	struct fixture *f = ctx;

	assert_string_equal(name, "host");
	f->kept++;
	f->noted = value;
}

static struct fixture *begin(struct arena *a, const char *noted)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->notes =
		(struct upstream_notes){ .find = find, .keep = keep, .ctx = f };
	f->call = (struct upstream_call){ .arena = a, .notes = &f->notes };
	f->noted = noted;
	return f;
}

/* The setting: "a,b". */
static struct config_list list_of(const struct fixture *f, const char *urls)
{
	return config_list_parse(f->call.arena, urls, ',');
}

static void note(struct fixture *f, const char *urls, const char *url)
{
	struct config_list list = list_of(f, urls);

	hosts_note(&f->call, &list, url);
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
	struct arena *a = f->call.arena;
	struct config_list list = list_of(f, urls);
	const char *first = hosts_first(&f->call, &list), *host = first;
	const char *all = "";

	for (int i = 0; host != NULL; i++) {
		assert_true(i < 10);
		all = arena_printf(a, "%s%s", all, host);
		host = hosts_next(&list, first, host);
	}
	return all;
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

static void a_note_of_no_host_is_forgotten(void **state)
{
	assert_string_equal(order(begin(*state, "x"), "a,b"), "ab");
	assert_string_equal(order(begin(*state, ""), "a,b"), "ab");
}

/* A host that is set twice must not be asked for ever. */
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

	assert_string_equal(order(f, "a"), "a");
	note(f, "a", "a");
	assert_int_equal(f->found + f->kept, 0);
}

static void only_a_change_is_noted(void **state)
{
	struct fixture *f = begin(*state, NULL);

	note(f, "a,b", "a");
	assert_int_equal(f->kept, 0);
	note(f, "a,b", "b");
	assert_int_equal(f->kept, 1);
	note(f, "a,b", "b");
	assert_int_equal(f->kept, 1);
	note(f, "a,b", "a");
	assert_int_equal(f->kept, 2);
	assert_string_equal(f->noted, "a");
}

static void without_notes_it_goes_on(void **state)
{
	struct fixture *f = begin(*state, "b");

	f->call.notes = NULL;
	assert_string_equal(order(f, "a,b"), "ab");
	note(f, "a,b", "b");
	assert_int_equal(f->found + f->kept, 0);
}

static void another_list_has_the_host_beside_it(void **state)
{
	struct fixture *f = begin(*state, NULL);

	assert_string_equal(beside(f, "a,b", "a", "x,y"), "x");
	assert_string_equal(beside(f, "a,b", "b", "x,y"), "y");
	assert_string_equal(beside(f, "a,b,c", "c", "x,y"), "x");
	assert_string_equal(beside(f, "a,b", "b", "x"), "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_are_tried_in_their_order),
		TEST(the_noted_one_comes_first),
		TEST(a_note_of_no_host_is_forgotten),
		TEST(the_same_host_twice_is_one),
		TEST(of_one_host_nothing_is_noted),
		TEST(only_a_change_is_noted),
		TEST(without_notes_it_goes_on),
		TEST(another_list_has_the_host_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
