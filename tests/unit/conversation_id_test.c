/* SPDX-License-Identifier: MIT */
/* Which conversation a request belongs to, wherever it is named. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/conversation_id.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define BODY PLATFORM(SAYS("Hi"))
#define KIMI DELTA("Hello") END

/* The response to a chat at `uri`, with the header unless it is NULL. */
static const char *ask(struct site *s, const char *uri, const char *header,
		       const char *body)
{
	struct string_gateway *g = site_request(s, "POST", uri, body);

	if (header != NULL)
		string_gateway_set(g, "HTTP_X_CONVERSATION_ID", header);
	return site_serve(s, g);
}

static struct site *talking(struct arena *a, const char *settings)
{
	struct replay_answer *answers = arena_array(a, 2, sizeof(*answers));

	answers[0] = (struct replay_answer)PLATFORM_SAYS(200, KIMI);
	answers[0].again = true;
	return site_open(a, settings, answers);
}

/* The conversation that the latest request was part of; NULL: none. */
static const char *latest(struct site *s)
{
	return database_text(s->arena, s->db_path,
			     "SELECT c.name FROM requests AS r "
			     "LEFT JOIN conversations AS c "
			     "ON c.id = r.conversation_id "
			     "ORDER BY r.rowid DESC LIMIT 1");
}

static const struct {
	const char *uri, *header, *name; /* NULL: stateless */
} named[] = {
	{ CHAT, NULL, NULL },
	{ "/c/mine" CHAT, NULL, "mine" },
	{ "/kimi/c/mine" CHAT, NULL, "mine" },
	{ "/a/b/c/mine" CHAT, NULL, "mine" },
	{ "//c//mine//v1/chat/completions/?x=/c/other/v1", NULL, "mine" },
	{ "/c/mine/v1/v1/chat/completions", NULL, "mine" },
	{ "/c/a%3Ab%40c/v1/chat/completions", NULL, "a:b@c" },
	{ "/c/%6dine" CHAT, NULL, "mine" },
	{ "/c/c" CHAT, NULL, "c" },
	{ "/c/c/d" CHAT, NULL, "d" },
	{ "/c/v1" CHAT, NULL, "v1" },
	{ "/c/models" CHAT, NULL, "models" },
	{ "/c/v1x" CHAT, NULL, "v1x" },
	{ "https://h.example/c/mine" CHAT, NULL, "mine" },
	{ "/c/mine/v1/completions", NULL, "mine" },
	/* Not the base URL of a conversation. */
	{ "/c" CHAT, NULL, NULL },
	{ "/c/a/b" CHAT, NULL, NULL },
	{ "/d/mine" CHAT, NULL, NULL },
	{ "/cc/mine" CHAT, NULL, NULL },
	/* The header, both, and the route's own id. */
	{ CHAT, "mine", "mine" },
	{ CHAT, "", NULL },
	{ CHAT, "a%3Ab", "a:b" },
	{ "/v1/completions", "mine", "mine" },
	{ "/c/mine" CHAT, "mine", "mine" },
	{ "/c/a%3Ab" CHAT, "a:b", "a:b" },
	{ CHAT "/mine", NULL, "mine" },
	{ CHAT "/mine", "mine", "mine" },
	{ "/c/mine" CHAT "/mine", "mine", "mine" },
};

static void path_header_and_route_can_name_it(void **state)
{
	static const char legacy[] =
		"{\"model\":\"kimi-k3\",\"prompt\":\"Hi\"}";
	struct site *s = talking(*state, NULL);

	for (size_t i = 0; i < COUNT(named); i++) {
		bool chat = strstr(named[i].uri, "/chat/") != NULL;
		const char *answer = ask(s, named[i].uri, named[i].header,
					 chat ? BODY : legacy);
		const char *name;

		assert_memory_equal(answer, "Status: 200 ", 12);
		name = latest(s);
		if (named[i].name == NULL ? name != NULL :
		    name == NULL	  ? true :
					    strcmp(name, named[i].name) != 0)
			fail_msg("%s, header %s: %s", named[i].uri,
				 named[i].header, name);
	}
}

static void two_ids_or_bad_ones_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "/c/mine" CHAT, "yours" },
		{ "/c/mine" CHAT "/yours", NULL },
		{ CHAT "/yours", "mine" },
		{ "/c/mine" CHAT "/mine", "yours" },
		{ "/c/a%20b" CHAT, NULL },
		{ "/c/%E4%BD%A0" CHAT, NULL },
		{ "/c/chatcmpl-x" CHAT, NULL },
		{ CHAT, "a b" },
		{ CHAT, "a/b" },
		{ CHAT, "a%20b" },
		{ CHAT, "a%zz" },
		{ CHAT, "a%00b" },
		{ CHAT, ".." },
		{ CHAT, "chatcmpl-x" },
		{ "/c/a%22b/v1/completions", NULL },
		{ "/c/a%22b/v1/models", NULL },
	};
	struct site *s = talking(*state, NULL);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *answer = ask(s, rows[i][0], rows[i][1], BODY);

		if (strstr(rows[i][0], "models") != NULL)
			answer = site_ask(s, "GET", rows[i][0], NULL);
		if (memcmp(answer, "Status: 400 ", 12) != 0)
			fail_msg("%s: %s", rows[i][0], answer);
		assert_contains(answer, "\"param\":\"conversation_id\"");
	}
	assert_int_equal(s->replay.n_calls, 0);
}

static void ids_have_a_maximum_length(void **state)
{
	struct site *s = talking(*state, NULL);
	char id[130];

	memset(id, 'a', sizeof(id) - 1);
	id[129] = '\0';
	assert_contains(ask(s, arena_printf(*state, "/c/%s" CHAT, id), NULL,
			    BODY),
			"Status: 400 ");
	assert_contains(ask(s, CHAT, id, BODY), "Status: 400 ");
	id[128] = '\0';
	assert_contains(ask(s, CHAT, id, BODY), "Status: 200 ");
	assert_string_equal(latest(s), id);
}

static void the_prefix_may_look_like_one(void **state)
{
	struct site *s = talking(*state, "KIMI_PREFIX=/c/kimi\n");

	assert_contains(ask(s, "/c/kimi" CHAT, NULL, BODY), "Status: 200 ");
	assert_null(latest(s));
	assert_contains(ask(s, "/c/kimi/c/mine" CHAT, NULL, BODY),
			"Status: 200 ");
	assert_string_equal(latest(s), "mine");
}

static void the_second_turn_knows_the_first(void **state)
{
	struct site *s = talking(*state, NULL);

	ask(s, "/c/mine" CHAT, NULL, PLATFORM(SAYS("Green")));
	ask(s, CHAT, "mine", PLATFORM(SAYS("Blue")));
	ask(s, CHAT "/mine", NULL, PLATFORM(SAYS("Red")));
	assert_int_equal(s->replay.n_calls, 3);
	for (int i = 1; i < 3; i++)
		assert_contains(s->replay.calls[i].body, "Green");
	assert_contains(s->replay.calls[2].body, "Blue");
}

/* In dialects whose body has a member for it. */
static void the_body_can_name_it_too(void **state)
{
	static const struct {
		const char *exchange, *body, *previous, *settled, *param;
	} rows[] = {
		{ NULL, NULL, NULL, NULL, NULL },
		{ NULL, NULL, "resp_1", NULL, NULL },
		{ NULL, "mine", NULL, "mine", NULL },
		{ "mine", NULL, NULL, "mine", NULL },
		{ "mine", "mine", NULL, "mine", NULL },
		{ "mine", "yours", NULL, NULL, "conversation" },
		{ NULL, "a b", NULL, NULL, "conversation" },
		{ "mine", NULL, "resp_1", NULL, "previous_response_id" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct exchange x = { .conversation = rows[i].exchange };
		struct chat_request request = {
			.conversation = rows[i].body,
			.previous = rows[i].previous,
		};
		struct error e;
		bool ok = conversation_id_settle(&x, &request, &e);

		assert_int_equal(ok, rows[i].param == NULL);
		if (!ok)
			assert_error(&e, ERROR_VALUE, rows[i].param);
		else if (rows[i].settled == NULL)
			assert_null(request.conversation);
		else
			assert_string_equal(request.conversation,
					    rows[i].settled);
	}
}

static void browsers_may_send_the_header(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g =
		site_request(s, "OPTIONS", "/c/mine" CHAT, NULL);

	string_gateway_set(g, "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
			   "authorization,x-conversation-id");
	assert_contains(site_serve(s, g),
			"Access-Control-Allow-Headers: "
			"authorization,x-conversation-id\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(path_header_and_route_can_name_it),
		TEST(two_ids_or_bad_ones_are_refused),
		TEST(ids_have_a_maximum_length),
		TEST(the_prefix_may_look_like_one),
		TEST(the_second_turn_knows_the_first),
		TEST(the_body_can_name_it_too),
		TEST(browsers_may_send_the_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
