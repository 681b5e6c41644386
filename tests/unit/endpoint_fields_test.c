/* SPDX-License-Identifier: MIT */
/* The tables of fields that the documents are printed from. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/endpoint_fields.h"
#include "app/routes.h"

static const struct endpoint_fields *endpoint_of(const struct route *route)
{
	for (const struct endpoint_fields *p = endpoint_fields; p->path != NULL;
	     p++)
		if (strcmp(p->path, route->pattern) == 0 &&
		    strcmp(p->method, route->method) == 0)
			return p;
	return NULL;
}

static void every_chat_route_has_a_table(void **state)
{
	(void)state;
	for (const struct route *r = routes; r->pattern != NULL; r++)
		if (r->serve == serve_chat && endpoint_of(r) == NULL)
			fail_msg("%s %s is not in endpoint_fields.c", r->method,
				 r->pattern);
}

static void every_endpoint_is_a_route(void **state)
{
	size_t n = 0, found = 0;

	(void)state;
	for (const struct endpoint_fields *p = endpoint_fields; p->path != NULL;
	     p++)
		n++;
	for (const struct route *r = routes; r->pattern != NULL; r++)
		found += endpoint_of(r) != NULL;
	assert_true(n >= 2);
	assert_int_equal(found, n);
}

static void check_field(const struct field *fields, const struct field *f)
{
	for (const struct field *other = fields; other < f; other++)
		if (strcmp(other->name, f->name) == 0)
			fail_msg("%s is there twice", f->name);
	if (f->support == FIELD_REFUSED && f->read == NULL)
		fail_msg("nothing refuses %s", f->name);
	if (f->note != NULL && strpbrk(f->note, "|\n") != NULL)
		fail_msg("the note on %s breaks a table", f->name);
}

static void tables_name_each_field_once(void **state)
{
	(void)state;
	for (const struct endpoint_fields *p = endpoint_fields; p->path != NULL;
	     p++)
		for (const struct field *f = p->fields; f->name != NULL; f++)
			check_field(p->fields, f);
}

static void every_support_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(field_support_name(FIELD_MAPPED), "mapped");
	assert_string_equal(field_support_name(FIELD_KEPT), "kept");
	assert_string_equal(field_support_name(FIELD_IGNORED), "ignored");
	assert_string_equal(field_support_name(FIELD_REFUSED), "refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_chat_route_has_a_table),
		TEST(every_endpoint_is_a_route),
		TEST(tables_name_each_field_once),
		TEST(every_support_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
