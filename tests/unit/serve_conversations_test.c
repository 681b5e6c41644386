/* SPDX-License-Identifier: MIT */
/* /v1/conversations and below, through the whole program. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/asked.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/site.h"

#define TALKS "/v1/conversations"
#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define ITEMS(items) "{\"items\":[" items "]}"

/* One reply of a model: three items, one message. */
#define ANSWER                                                                 \
	"{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\","     \
	"\"text\":\"hm\"}]},"                                                  \
	"{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{"          \
	"\"type\":\"output_text\",\"text\":\"I look\"}]},"                     \
	"{\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"f\","   \
	"\"arguments\":\"{}\"}"

static const char *made(struct site *s, const char *body)
{
	return json_text(asked(s, "POST", TALKS, body), "id");
}

static const char *at(struct site *s, const char *id, const char *behind)
{
	return arena_printf(s->arena, TALKS "/%s%s", id, behind);
}

static const cJSON *listed(struct site *s, const char *id, const char *query)
{
	struct string_gateway *g =
		site_request(s, "GET", at(s, id, "/items"), NULL);
	const char *answer;

	string_gateway_set(g, "QUERY_STRING", query);
	answer = site_serve(s, g);
	if (strncmp(answer, "Status: 200 ", 12) != 0)
		fail_msg("%s: %s", query, answer);
	return parse(s->arena, site_body(answer));
}

/* The types of the items, and for messages the first letter of their text. */
static const char *kinds(struct site *s, const cJSON *list)
{
	const cJSON *element;
	const char *all = "";

	cJSON_ArrayForEach(element, json_at(list, "data")) {
		const char *text = json_text(element, "content.0.text");

		all = arena_printf(
			s->arena, "%s%s%c", all, *all == '\0' ? "" : " ",
			text == NULL ? *json_text(element, "type") : *text);
	}
	return cJSON_IsTrue(json_at(list, "has_more")) ?
		       arena_printf(s->arena, "%s +", all) :
		       all;
}

static const char *id_at(struct site *s, const cJSON *list, int i)
{
	return json_text(list, arena_printf(s->arena, "data.%d.id", i));
}

static void an_empty_body_creates_a_conversation(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *bodies[] = { NULL, "", "{}",
				 "{\"metadata\":null,\"items\":null}",
				 "{\"items\":[],\"unknown\":1}" };

	for (size_t i = 0; i < COUNT(bodies); i++) {
		const cJSON *t = asked(s, "POST", TALKS, bodies[i]), *again;
		const char *id = json_text(t, "id");

		assert_memory_equal(id, "conv_", 5);
		assert_int_equal(strlen(id), 29);
		assert_string_equal(json_text(t, "object"), "conversation");
		assert_true(json_int(t, "created_at", 0) > 1700000000);
		assert_true(cJSON_IsObject(json_at(t, "metadata")));
		again = asked(s, "GET", at(s, id, ""), NULL);
		assert_string_equal(json_print(*state, again),
				    json_print(*state, t));
		assert_string_equal(kinds(s, listed(s, id, "")), "");
	}
}

static void metadata_can_be_replaced(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = made(s, "{\"metadata\":{\"a\":\"b\"}}");
	const cJSON *t = asked(s, "GET", at(s, id, ""), NULL);

	assert_string_equal(json_text(t, "metadata.a"), "b");
	t = asked(s, "POST", at(s, id, ""), "{\"metadata\":{\"c\":\"d\"}}");
	assert_string_equal(json_text(t, "id"), id);
	t = asked(s, "GET", at(s, id, ""), NULL);
	assert_string_equal(json_text(t, "metadata.c"), "d");
	assert_null(json_at(t, "metadata.a"));
	t = asked(s, "POST", at(s, id, ""), "{\"metadata\":null}");
	assert_int_equal(cJSON_GetArraySize(json_at(t, "metadata")), 0);
	assert_refused(s, site_ask(s, "POST", at(s, id, ""), "{}"), "400",
		       "metadata");
	assert_refused(s,
		       site_ask(s, "POST", at(s, id, ""),
				"{\"metadata\":{\"a\":1}}"),
		       "400", "metadata");
}

static void chat_completions_has_the_same_conversations(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = made(s, ITEMS(USER("hello"))), *path;
	const cJSON *t;

	path = arena_printf(*state, "/v1/chat/completions/%s", id);
	t = asked(s, "GET", path, NULL);
	assert_string_equal(json_text(t, "object"), "conversation");
	asked(s, "POST", path, "{\"metadata\":{\"a\":\"b\"}}");
	t = asked(s, "GET", at(s, id, ""), NULL);
	assert_string_equal(json_text(t, "metadata.a"), "b");
	t = asked(s, "GET", arena_printf(*state, "%s/messages", path), NULL);
	assert_string_equal(json_text(t, "data.0.content"), "hello");
	assert_string_equal(json_text(t, "data.0.id"),
			    arena_printf(*state, "%s-0", id));
	t = asked(s, "DELETE", path, NULL);
	assert_string_equal(json_text(t, "object"), "conversation.deleted");
	assert_refused(s, site_ask(s, "GET", at(s, id, ""), NULL), "404", "id");
}

static void items_are_added_and_listed(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = made(s, ITEMS(USER("first"))), *item;
	const cJSON *t = asked(s, "POST", at(s, id, "/items"),
			       ITEMS(ANSWER "," USER("second")));

	assert_string_equal(json_text(t, "object"), "list");
	assert_string_equal(kinds(s, t), "r I f s");
	assert_string_equal(json_text(t, "first_id"), id_at(s, t, 0));
	assert_string_equal(json_text(t, "last_id"), id_at(s, t, 3));
	item = id_at(s, t, 1);
	assert_string_equal(kinds(s, listed(s, id, "")), "s f I r f");
	assert_string_equal(kinds(s, listed(s, id, "order=asc")), "f r I f s");
	assert_string_equal(kinds(s, listed(s, id, "limit=2")), "s f +");
	assert_string_equal(
		kinds(s, listed(s, id, arena_printf(*state, "after=%s", item))),
		"r f");
	assert_string_equal(
		kinds(s,
		      listed(s, id,
			     arena_printf(*state, "order=asc&before=%s&limit=1",
					  item))),
		"r +");
	t = asked(s, "GET", at(s, id, arena_printf(*state, "/items/%s", item)),
		  NULL);
	assert_string_equal(json_text(t, "id"), item);
	assert_string_equal(json_text(t, "type"), "message");
	assert_string_equal(json_text(t, "status"), "completed");
	assert_string_equal(json_text(t, "content.0.type"), "output_text");
}

static void after_a_deletion_the_other_items_keep_their_ids(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = made(s, ITEMS(USER("q") "," ANSWER));
	const cJSON *before = listed(s, id, "order=asc"), *t;
	static const char *const left[] = { "q I f", "q f", "q", "" };
	static const int order[] = { 1, 2, 3, 0 };

	assert_string_equal(kinds(s, before), "q r I f");
	for (int i = 0; i < 4; i++) {
		const char *item = id_at(s, before, order[i]);
		const char *path =
			at(s, id, arena_printf(*state, "/items/%s", item));

		t = asked(s, "DELETE", path, NULL);
		assert_string_equal(json_text(t, "object"), "conversation");
		assert_string_equal(json_text(t, "id"), id);
		assert_refused(s, site_ask(s, "GET", path, NULL), "404",
			       "item_id");
		assert_refused(s, site_ask(s, "DELETE", path, NULL), "404",
			       "item_id");
		t = listed(s, id, "order=asc");
		assert_string_equal(kinds(s, t), left[i]);
		for (int k = 0; k < cJSON_GetArraySize(json_at(t, "data")); k++)
			asked(s, "GET",
			      at(s, id,
				 arena_printf(*state, "/items/%s",
					      id_at(s, t, k))),
			      NULL);
	}
}

static void a_deleted_conversation_is_not_found(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = made(s, ITEMS(USER("secret") "," ANSWER));
	const cJSON *t = asked(s, "DELETE", at(s, id, ""), NULL);

	assert_string_equal(json_text(t, "id"), id);
	assert_string_equal(json_text(t, "object"), "conversation.deleted");
	assert_true(cJSON_IsTrue(json_at(t, "deleted")));
	assert_refused(s, site_ask(s, "GET", at(s, id, ""), NULL), "404", "id");
	assert_refused(s, site_ask(s, "GET", at(s, id, "/items"), NULL), "404",
		       "id");
	assert_int_equal(
		database_int(s->db_path, "SELECT count(*) FROM v_messages"), 0);
}

static void errors_name_the_bad_item(void **state)
{
	static const struct {
		const char *body, *param;
	} rows[] = {
		{ "{\"items\":1}", "items" },
		{ "{\"items\":[1]}", "items[0]" },
		{ "{\"items\":[{\"role\":\"pope\",\"content\":\"x\"}]}",
		  "items[0].role" },
		{ "[]", "" },
		{ "{", "" },
	};
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = made(s, NULL);

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_refused(s, site_ask(s, "POST", TALKS, rows[i].body),
			       "400", rows[i].param);
		assert_refused(s,
			       site_ask(s, "POST", at(s, id, "/items"),
					rows[i].body),
			       "400", rows[i].param);
	}
	assert_refused(s, site_ask(s, "POST", at(s, id, "/items"), "{}"), "400",
		       "items");
	assert_refused(s, site_ask(s, "POST", at(s, id, "/items"), NULL), "400",
		       "items");
	assert_int_equal(database_int(s->db_path,
				      "SELECT count(*) FROM conversations"),
			 1);
}

/* A body with that many items, fewer messages. */
static const char *items_of(struct arena *a, int n)
{
	const char *all = ANSWER;

	for (int i = 3; i < n; i++)
		all = arena_printf(a, "%s," USER("n"), all);
	return arena_printf(a, "{\"items\":[%s]}", all);
}

static void a_call_adds_at_most_20_items(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = made(s, items_of(*state, 20)), *answer;

	answer = site_ask(s, "POST", TALKS, items_of(*state, 21));
	assert_refused(s, answer, "400", "items");
	assert_contains(answer, "at most 20 items");
	assert_refused(s,
		       site_ask(s, "POST", at(s, id, "/items"),
				items_of(*state, 21)),
		       "400", "items");
	asked(s, "POST", at(s, id, "/items"), items_of(*state, 20));
}

static void a_conversation_holds_as_many_items_as_its_setting_says(void **state)
{
	struct site *s = site_open(*state, "KIMI_CONVERSATION_ITEMS=4\n", NULL);
	const char *three = ITEMS(USER("a") "," USER("b") "," USER("c"));
	const char *id = made(s, three), *answer;

	answer = site_ask(s, "POST", at(s, id, "/items"), three);
	assert_refused(s, answer, "400", "items");
	assert_contains(answer, "KIMI_CONVERSATION_ITEMS");
	asked(s, "POST", at(s, id, "/items"), ITEMS(USER("d")));
	assert_refused(
		s, site_ask(s, "POST", at(s, id, "/items"), ITEMS(USER("e"))),
		"400", "items");
	assert_string_equal(kinds(s, listed(s, id, "order=asc")), "a b c d");
}

static void unknown_things_are_404(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = made(s, ITEMS(USER("x")));
	const char *other =
		id_at(s, listed(s, made(s, ITEMS(USER("y"))), ""), 0);
	static const char *const items[] = {
		"msg_x",
		"msg_abcdefghijklmnopqrstuvwx0",
		"rs_0/a",
	};
	struct string_gateway *g;

	assert_refused(s, site_ask(s, "GET", TALKS "/conv_none", NULL), "404",
		       "id");
	assert_refused(s, site_ask(s, "DELETE", TALKS "/conv_none", NULL),
		       "404", "id");
	assert_refused(s,
		       site_ask(s, "POST", TALKS "/conv_none/items",
				ITEMS(USER("x"))),
		       "404", "id");
	for (size_t i = 0; i < COUNT(items); i++)
		assert_refused(s,
			       site_ask(s, "GET",
					at(s, id,
					   arena_printf(*state, "/items/%s",
							items[i])),
					NULL),
			       "404", "item_id");
	assert_refused(
		s,
		site_ask(s, "DELETE",
			 at(s, id, arena_printf(*state, "/items/%s", other)),
			 NULL),
		"404", "item_id");
	g = site_request(s, "GET", at(s, id, "/items"), NULL);
	string_gateway_set(g, "QUERY_STRING",
			   arena_printf(*state, "after=%s", other));
	assert_refused(s, site_serve(s, g), "404", "after");
}

static const char *as_another(struct site *s, const char *method,
			      const char *uri, const char *body)
{
	struct string_gateway *g = site_request(s, method, uri, body);

	string_gateway_set(g, "HTTP_AUTHORIZATION",
			   "Bearer platform:sk-of-somebody-else-0123456789");
	return site_serve(s, g);
}

static void a_conversation_belongs_to_its_key(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = "/models",
		  .status = 200,
		  .body = "{\"data\":[]}" },
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *id = made(s, ITEMS(USER("mine")));
	const char *item = at(s, id,
			      arena_printf(*state, "/items/%s",
					   id_at(s, listed(s, id, ""), 0)));

	assert_refused(s, as_another(s, "GET", at(s, id, ""), NULL), "404",
		       "id");
	assert_refused(
		s, as_another(s, "POST", at(s, id, ""), "{\"metadata\":{}}"),
		"404", "id");
	assert_refused(s, as_another(s, "DELETE", at(s, id, ""), NULL), "404",
		       "id");
	assert_refused(s, as_another(s, "GET", at(s, id, "/items"), NULL),
		       "404", "id");
	assert_refused(s,
		       as_another(s, "POST", at(s, id, "/items"),
				  ITEMS(USER("yours"))),
		       "404", "id");
	assert_refused(s, as_another(s, "GET", item, NULL), "404", "id");
	assert_refused(s, as_another(s, "DELETE", item, NULL), "404", "id");
	assert_string_equal(kinds(s, listed(s, id, "")), "m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_body_creates_a_conversation),
		TEST(metadata_can_be_replaced),
		TEST(chat_completions_has_the_same_conversations),
		TEST(items_are_added_and_listed),
		TEST(after_a_deletion_the_other_items_keep_their_ids),
		TEST(a_deleted_conversation_is_not_found),
		TEST(errors_name_the_bad_item),
		TEST(a_call_adds_at_most_20_items),
		TEST(a_conversation_holds_as_many_items_as_its_setting_says),
		TEST(unknown_things_are_404),
		TEST(a_conversation_belongs_to_its_key),
	};

	site_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
