/* SPDX-License-Identifier: MIT */
/* Stored chat completions, through the whole program. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/secret.h"
#include "tests/unit/support/asked.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/turns.h"

#define PATH "/v1/chat/completions"
#define ID(letter) "chatcmpl-" #letter "23456789012345678901234"

static struct turns turns_of(struct site *s)
{
	return (struct turns){ .arena = s->arena,
			       .path = s->db_path,
			       .store = database_open(s->arena, s->db_path) };
}

/* Stores a completion for a key, as the relay does. */
static struct store_turn *begin(struct turns *f, const char *key,
				const char *id, const char *metadata)
{
	struct store_turn *t = database_turn(f->arena, id, NULL);
	struct store_as *as = arena_alloc(f->arena, sizeof(*as));
	char *fingerprint = arena_alloc(f->arena, FINGERPRINT_SIZE);

	secret_fingerprint(key, fingerprint);
	*as = (struct store_as){ .id = id,
				 .kind = strncmp(id, "resp_", 5) == 0 ?
						 "response" :
						 "chat_completion",
				 .settings = "{}",
				 .metadata = metadata };
	t->owner.fingerprint = fingerprint;
	t->store_as = as;
	turns_open(f, t);
	return t;
}

static void keep(struct turns *f, const char *key, const char *id,
		 const char *metadata, const char *says)
{
	struct store_turn *t = begin(f, key, id, metadata);
	struct error e;

	if (!turns_end(f, t, STORE_DONE, says, "an answer", &e))
		fail_msg("%s", e.message);
}

static const char *list(struct site *s, const char *uri, const char *query)
{
	struct string_gateway *g = site_request(s, "GET", uri, NULL);

	string_gateway_set(g, "QUERY_STRING", query);
	return site_serve(s, g);
}

/* The last letters of a list's ids, and '+' if there are more. */
static const char *listed(struct site *s, const char *uri, const char *query,
			  size_t prefix)
{
	const char *answer = list(s, uri, query), *all = "";
	const cJSON *t = parse(s->arena, site_body(answer)), *element;

	if (strncmp(answer, "Status: 200 ", 12) != 0)
		fail_msg("%s: %s", query, answer);
	assert_string_equal(json_text(t, "object"), "list");
	cJSON_ArrayForEach(element, json_at(t, "data"))
		all = arena_printf(s->arena, "%s%c", all,
				   json_text(element, "id")[prefix]);
	if (*all != '\0')
		assert_int_equal(json_text(t, "first_id")[prefix], *all);
	else
		assert_null(json_at(t, "first_id"));
	if (*all != '\0')
		assert_int_equal(json_text(t, "last_id")[prefix],
				 all[strlen(all) - 1]);
	return cJSON_IsTrue(json_at(t, "has_more")) ?
		       arena_printf(s->arena, "%s+", all) :
		       all;
}

static void a_stored_completion_comes_back(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct turns f = turns_of(s);
	const cJSON *t;

	keep(&f, SITE_KEY, ID(a), "{\"k\":\"v\"}", "hello");
	t = asked(s, "GET", PATH "/" ID(a), NULL);
	assert_string_equal(json_text(t, "id"), ID(a));
	assert_string_equal(json_text(t, "object"), "chat.completion");
	assert_true(json_int(t, "created", 0) > 1700000000);
	assert_string_equal(json_text(t, "model"), "k2");
	assert_string_equal(json_text(t, "choices.0.message.content"),
			    "an answer");
	assert_string_equal(json_text(t, "choices.0.finish_reason"), "stop");
	assert_int_equal(json_int(t, "usage.prompt_tokens", 0), 10);
	assert_int_equal(
		json_int(t, "usage.completion_tokens_details.reasoning_tokens",
			 0),
		1);
	assert_string_equal(json_text(t, "metadata.k"), "v");
}

static void its_messages_come_back(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct turns f = turns_of(s);
	const cJSON *t;

	keep(&f, SITE_KEY, ID(a), NULL, "hello");
	t = asked(s, "GET", PATH "/" ID(a) "/messages", NULL);
	assert_int_equal(cJSON_GetArraySize(json_at(t, "data")), 1);
	assert_string_equal(json_text(t, "data.0.id"), ID(a) "-0");
	assert_string_equal(json_text(t, "data.0.role"), "user");
	assert_string_equal(json_text(t, "data.0.content"), "hello");
	assert_string_equal(json_text(t, "last_id"), ID(a) "-0");
	t = parse(*state, site_body(list(s, PATH "/" ID(a) "/messages",
					 "after=" ID(a) "-0")));
	assert_int_equal(cJSON_GetArraySize(json_at(t, "data")), 0);
	assert_refused(s,
		       list(s, PATH "/" ID(a) "/messages", "after=" ID(a) "-1"),
		       "404", "after");
	assert_refused(
		s, list(s, PATH "/" ID(a) "/messages", "before=" ID(b) "-0"),
		"404", "before");
}

static void its_metadata_can_be_replaced(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct turns f = turns_of(s);
	const cJSON *t;

	keep(&f, SITE_KEY, ID(a), "{\"k\":\"v\"}", "hello");
	t = asked(s, "POST", PATH "/" ID(a), "{\"metadata\":{\"n\":\"w\"}}");
	assert_string_equal(json_text(t, "id"), ID(a));
	t = asked(s, "GET", PATH "/" ID(a), NULL);
	assert_string_equal(json_text(t, "metadata.n"), "w");
	assert_null(json_at(t, "metadata.k"));
	t = asked(s, "POST", PATH "/" ID(a), "{\"metadata\":null}");
	assert_int_equal(cJSON_GetArraySize(json_at(t, "metadata")), 0);
	assert_refused(s,
		       site_ask(s, "POST", PATH "/" ID(a), "{\"metadata\":[]}"),
		       "400", "metadata");
	assert_refused(s,
		       site_ask(s, "POST", PATH "/" ID(b), "{\"metadata\":{}}"),
		       "404", "id");
}

static void the_body_tells_a_turn_from_an_update(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct turns f = turns_of(s);
	static const struct {
		const char *id, *body, *status, *param;
	} rows[] = {
		{ ID(a), "{}", "400", "messages" },
		{ "mine", "{}", "400", "messages" },
		{ "mine", "{\"model\":\"k2\",\"messages\":null}", "400",
		  "messages" },
		{ "mine", "{\"messages\":[],\"metadata\":{}}", "400", "model" },
		{ "mine", "[]", "400", "" },
		{ "mine", "{", "400", "" },
		{ "mine", "", "400", "" },
		{ "mine", "{\"metadata\":{}}", "404", "id" },
		{ ID(a),
		  "{\"model\":\"k2\",\"messages\":[{\"role\":\"user\","
		  "\"content\":\"x\"}],\"metadata\":{}}",
		  "400", "conversation_id" },
	};

	keep(&f, SITE_KEY, ID(a), NULL, "hello");
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(
			s,
			site_ask(s, "POST",
				 arena_printf(*state, PATH "/%s", rows[i].id),
				 rows[i].body),
			rows[i].status, rows[i].param);
}

static void a_deleted_completion_is_not_found(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct turns f = turns_of(s);
	const cJSON *t;

	keep(&f, SITE_KEY, ID(a), NULL, "hello of nobody else");
	assert_true(turns_file_holds(&f, "hello of nobody else"));
	t = asked(s, "DELETE", PATH "/" ID(a), NULL);
	assert_string_equal(json_text(t, "id"), ID(a));
	assert_string_equal(json_text(t, "object"), "chat.completion.deleted");
	assert_true(cJSON_IsTrue(json_at(t, "deleted")));
	assert_refused(s, site_ask(s, "GET", PATH "/" ID(a), NULL), "404",
		       "id");
	assert_refused(s, site_ask(s, "DELETE", PATH "/" ID(a), NULL), "404",
		       "id");
	assert_string_equal(listed(s, PATH, "", 9), "");
	assert_false(turns_file_holds(&f, "hello of nobody else"));
}

static void lists_can_be_filtered_sorted_and_paged(void **state)
{
	static const struct {
		const char *query, *ids;
	} rows[] = {
		{ "", "abc" },
		{ "order=desc", "cba" },
		{ "limit=2", "ab+" },
		{ "limit=2&after=" ID(b), "c" },
		{ "order=desc&after=" ID(b), "a" },
		{ "model=k2", "abc" },
		{ "model=k3", "" },
		{ "metadata%5Bk%5D=v", "ab" },
		{ "metadata[k]=v&metadata[n]=1+2", "b" },
		{ "metadata[k]=", "" },
		{ "metadata[x]=v", "" },
		{ "metadata[a.%22b]=%27", "c" },
		{ "metadata=v&metadatak=v&metadata[k=v", "abc" },
	};
	struct site *s = site_open(*state, NULL, NULL);
	struct turns f = turns_of(s);

	keep(&f, SITE_KEY, ID(a), "{\"k\":\"v\"}", "one");
	keep(&f, SITE_KEY, ID(b), "{\"k\":\"v\",\"n\":\"1 2\"}", "two");
	keep(&f, SITE_KEY, ID(c), "{\"a.\\\"b\":\"'\"}", "three");
	keep(&f, SITE_KEY, "resp_x23456789012345678901234", NULL, "four");
	keep(&f, "another key", ID(d), NULL, "five");
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(listed(s, PATH, rows[i].query, 9),
				    rows[i].ids);
	assert_refused(s, list(s, PATH, "limit=101"), "400", "limit");
	assert_refused(s, list(s, PATH, "after=" ID(d)), "404", "after");
}

static void incomplete_ones_are_not_shown(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct turns f = turns_of(s);
	struct store_turn *t = begin(&f, SITE_KEY, ID(a), NULL);
	struct error e;

	assert_refused(s, site_ask(s, "GET", PATH "/" ID(a), NULL), "404",
		       "completion_id");
	assert_refused(s, site_ask(s, "GET", PATH "/" ID(a) "/messages", NULL),
		       "404", "completion_id");
	assert_refused(s, site_ask(s, "DELETE", PATH "/" ID(a), NULL), "409",
		       "");
	assert_string_equal(listed(s, PATH, "", 9), "");
	assert_true(turns_end(&f, t, STORE_FAILED, "hello", "half of it", &e));
	assert_refused(s, site_ask(s, "GET", PATH "/" ID(a), NULL), "404",
		       "completion_id");
	asked(s, "DELETE", PATH "/" ID(a), NULL);
}

static void completions_belong_to_their_key(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct turns f = turns_of(s);

	keep(&f, "another key", ID(a), NULL, "hello");
	assert_refused(s, site_ask(s, "GET", PATH "/" ID(a), NULL), "404",
		       "id");
	assert_refused(s, site_ask(s, "GET", PATH "/" ID(a) "/messages", NULL),
		       "404", "id");
	assert_refused(s,
		       site_ask(s, "POST", PATH "/" ID(a), "{\"metadata\":{}}"),
		       "404", "id");
	assert_refused(s, site_ask(s, "DELETE", PATH "/" ID(a), NULL), "404",
		       "id");
	assert_int_equal(database_int(f.path,
				      "SELECT count(*) FROM stored_responses"),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stored_completion_comes_back),
		TEST(its_messages_come_back),
		TEST(its_metadata_can_be_replaced),
		TEST(the_body_tells_a_turn_from_an_update),
		TEST(a_deleted_completion_is_not_found),
		TEST(lists_can_be_filtered_sorted_and_paged),
		TEST(incomplete_ones_are_not_shown),
		TEST(completions_belong_to_their_key),
	};

	site_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
