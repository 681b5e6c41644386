/* SPDX-License-Identifier: MIT */
/* Items that are referred to instead of sent, over a Kimi of strings. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define RESPONSES "/v1/responses"
#define REFERENCE "{\"type\":\"item_reference\",\"id\":\"%s\"}"

/* A site that has given one long reply, and the id of its item. */
static struct site *answered(struct arena *a, struct replay_answer *answers,
			     const char **id)
{
	struct site *s = site_open(a, "KIMI_MAX_BODY=4096\n", answers);
	const char *r = site_ask(s, "POST", RESPONSES,
				 "{\"model\":\"kimi-k3\",\"input\":\"A\"}");

	*id = json_text(parse(a, site_body(r)), "output.0.id");
	assert_non_null(*id);
	return s;
}

static const char *ask_with(struct site *s, const char *id, size_t times)
{
	const char *items = "";

	for (size_t i = 0; i < times; i++)
		items = arena_printf(s->arena, "%s" REFERENCE ",", items, id);
	return site_ask(
		s, "POST", RESPONSES,
		arena_printf(
			s->arena,
			"{\"model\":\"kimi-k3\",\"input\":[%s" SAYS("B") "]}",
			items));
}

/* Twice it fits into the limit of the body, more often it does not. */
static void stored_items_count_as_if_they_were_sent(void **state)
{
	char *text = arena_alloc(*state, 1501);
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, NULL),
		PLATFORM_SAYS(200, DELTA("two") END),
		{ 0 },
	};
	struct site *s;
	const char *id, *r;

	memset(text, 'x', 1500);
	answers[0].body = arena_printf(*state, DELTA("%s") END, text);
	s = answered(*state, answers, &id);
	assert_contains(ask_with(s, id, 2), "Status: 200 ");
	r = ask_with(s, id, 10);
	assert_contains(r, "Status: 413 ");
	assert_contains(r, "KIMI_MAX_BODY");
}

/* It is not the client's fault. */
static void a_database_error_is_not_a_missing_item(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		{ 0 },
	};
	const char *id;
	struct site *s = answered(*state, answers, &id);

	database_run(s->db_path, "ALTER TABLE messages RENAME TO gone");
	assert_contains(ask_with(s, id, 1), "Status: 503 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stored_items_count_as_if_they_were_sent),
		TEST(a_database_error_is_not_a_missing_item),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
