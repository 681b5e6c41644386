/* SPDX-License-Identifier: MIT */
/* OpenAI's endpoints for the usage of an organization, through the whole
 * program: who may ask, what a query may say, and the shapes of the answers. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "store/key_changes.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/site.h"

#define COMPLETIONS "/v1/organization/usage/completions"
#define SEARCHES "/v1/organization/usage/web_search_calls"
#define COSTS "/v1/organization/costs"
#define PROJECTS "/v1/organization/projects"
#define KEYS PROJECTS "/default/api_keys"
#define ADMINS "/v1/organization/admin_api_keys"

/* The first minute of 2026. */
#define START "1767225600"
#define MINUTE "bucket_width=1m&start_time=" START

struct organization {
	struct site *site;
	struct store *store;
	struct store_api_key owner, team;
	char *owner_secret, *team_secret;
};

static char *add_key(struct organization *o, struct store_api_key *k)
{
	struct error e;
	char *secret;

	if (!store_api_key_add(o->store, k, NULL, &secret, o->site->arena, &e))
		fail_msg("%s", e.message);
	return secret;
}

/* Two requests of the key "team" in the first minute. */
static struct organization begin(struct arena *a)
{
	struct organization o = {
		.owner = { .name = "owner", .admin = true, .space = -1 },
		.team = { .name = "team", .space = -1 },
	};
	struct error e;

	o.site = site_open(a, NULL, NULL);
	o.store = app_store(app_find(&o.site->apps, o.site->config_path), &e);
	assert_non_null(o.store);
	o.owner_secret = add_key(&o, &o.owner);
	o.team_secret = add_key(&o, &o.team);
	database_run(o.site->db_path,
		     "INSERT INTO requests (id, key_id, dialect, model, "
		     "stream, status, lease_until, started_at, token_source, "
		     "prompt_tokens, completion_tokens, cached_tokens, "
		     "cache_write_tokens, searches) "
		     "SELECT 'r' || value, keys.id, 'openai_chat', 'kimi-k' || "
		     "value, 0, 'done', 0, " START "000 + value, 'upstream', "
		     "100, 10, 40, 20, 3 "
		     "FROM keys, json_each('[2,3]') WHERE name = 'team'");
	return o;
}

static const char *ask_as(struct organization *o, const char *secret,
			  const char *path, const char *query)
{
	struct arena *a = o->site->arena;
	struct string_gateway *g = site_request(o->site, "GET", path, NULL);

	string_gateway_set(g, "QUERY_STRING", query);
	string_gateway_set(g, "HTTP_AUTHORIZATION",
			   arena_printf(a, "Bearer %s", secret));
	return site_serve(o->site, g);
}

static const cJSON *ask(struct organization *o, const char *path,
			const char *query)
{
	const char *answer = ask_as(o, o->owner_secret, path, query);

	if (strncmp(answer, "Status: 200 ", 12) != 0)
		fail_msg("%s?%s: %s", path, query, answer);
	return parse(o->site->arena, site_body(answer));
}

static void assert_refused(const char *answer, const char *status,
			   const char *code, const char *param)
{
	if (memcmp(answer + 8, status, 3) != 0)
		fail_msg("%s", answer);
	assert_contains(answer, code);
	assert_contains(answer, param);
}

static void only_an_admin_key_may_ask(void **state)
{
	static const char *const paths[] = {
		COMPLETIONS,
		SEARCHES,
		COSTS,
		PROJECTS,
		KEYS,
		ADMINS,
		PROJECTS "/default",
		ADMINS "/x",
		KEYS "/x",
	};
	struct organization o = begin(*state);

	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_refused(ask_as(&o, o.team_secret, paths[i], MINUTE),
			       "403", "\"insufficient_permissions\"",
			       "\"permission_error\"");
		assert_refused(ask_as(&o, "sk-nobody", paths[i], MINUTE), "401",
			       "\"invalid_api_key\"", "");
	}
}

static void what_a_query_must_not_say_is_named(void **state)
{
	static const struct {
		const char *path, *query, *param;
	} bad[] = {
		{ COMPLETIONS, "", "start_time" },
		{ COMPLETIONS, "start_time=yesterday", "start_time" },
		{ COMPLETIONS, "start_time=-1", "start_time" },
		{ COMPLETIONS, "start_time=99999999999999", "start_time" },
		{ COMPLETIONS, "start_time=4000000000", "end_time" },
		{ COMPLETIONS, "start_time=5&end_time=5", "end_time" },
		{ COMPLETIONS, "start_time=5&end_time=x", "end_time" },
		{ COMPLETIONS, "start_time=5&bucket_width=1w", "bucket_width" },
		{ COSTS, "start_time=5&bucket_width=1h", "bucket_width" },
		{ COMPLETIONS, "start_time=5&limit=0", "limit" },
		{ COMPLETIONS, "start_time=5&limit=32", "limit" },
		{ COMPLETIONS, "start_time=5&bucket_width=1h&limit=169",
		  "limit" },
		{ COMPLETIONS, "start_time=5&bucket_width=1m&limit=1441",
		  "limit" },
		{ COSTS, "start_time=5&limit=181", "limit" },
		{ COMPLETIONS, "start_time=5&limit=7x", "limit" },
		{ COMPLETIONS, "start_time=5&group_by=line_item", "group_by" },
		{ COSTS, "start_time=5&group_by=model", "group_by" },
		{ SEARCHES, "start_time=5&group_by=batch", "group_by" },
		{ COMPLETIONS, "start_time=5&batch=maybe", "batch" },
		{ COMPLETIONS, "start_time=5&user_ids[]=u", "user_ids" },
		{ SEARCHES, "start_time=5&context_levels=low",
		  "context_levels" },
		{ COMPLETIONS, "start_time=5&page=page_2", "page" },
		{ KEYS, "owner_project_access=some", "owner_project_access" },
		{ KEYS, "limit=101", "limit" },
	};
	struct organization o = begin(*state);

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_refused(
			ask_as(&o, o.owner_secret, bad[i].path, bad[i].query),
			"400", "\"invalid_request_error\"",
			arena_printf(*state, "\"param\":\"%s\"", bad[i].param));
}

static void a_page_has_every_bucket(void **state)
{
	struct organization o = begin(*state);
	const cJSON *t = ask(&o, COMPLETIONS, MINUTE "&limit=3");
	const cJSON *results = json_at(t, "data.0.results");

	assert_string_equal(json_text(t, "object"), "page");
	assert_int_equal(cJSON_GetArraySize(json_at(t, "data")), 3);
	assert_string_equal(json_text(t, "data.2.object"), "bucket");
	assert_int_equal(json_int(t, "data.2.start_time", 0), 1767225720);
	assert_int_equal(json_int(t, "data.2.end_time", 0), 1767225780);
	assert_int_equal(cJSON_GetArraySize(json_at(t, "data.2.results")), 0);
	assert_true(cJSON_IsTrue(json_at(t, "has_more")));
	assert_string_equal(
		json_print(*state, cJSON_GetArrayItem(results, 0)),
		"{\"object\":\"organization.usage.completions.result\","
		"\"input_tokens\":200,\"output_tokens\":20,"
		"\"num_model_requests\":2,\"input_cached_tokens\":80,"
		"\"input_cache_write_tokens\":40,"
		"\"input_uncached_tokens\":80,\"project_id\":null,"
		"\"user_id\":null,\"api_key_id\":null,\"model\":null,"
		"\"batch\":null,\"service_tier\":null}");
	t = ask(&o, SEARCHES, MINUTE "&limit=1");
	assert_string_equal(
		json_print(*state, json_at(t, "data.0.results.0")),
		"{\"object\":\"organization.usage.web_searches.result\","
		"\"num_requests\":6,\"num_model_requests\":2,"
		"\"project_id\":null,\"user_id\":null,\"api_key_id\":null,"
		"\"model\":null,\"context_level\":null}");
}

static void lists_may_be_spelled_in_three_ways(void **state)
{
	static const char *const spellings[] = {
		"group_by[]=model&group_by[]=api_key_id",
		"group_by%5B%5D=model&group_by%5B%5D=api_key_id",
		"group_by=model&group_by=api_key_id",
		"group_by=model,api_key_id",
		"group_by=model%2Capi_key_id",
	};
	struct organization o = begin(*state);

	for (size_t i = 0; i < COUNT(spellings); i++) {
		const cJSON *t = ask(&o, COMPLETIONS,
				     arena_printf(*state, MINUTE "&limit=1&%s",
						  spellings[i]));

		assert_string_equal(json_text(t, "data.0.results.0.model"),
				    "kimi-k2");
		assert_string_equal(json_text(t, "data.0.results.1.model"),
				    "kimi-k3");
		assert_string_equal(json_text(t, "data.0.results.1.api_key_id"),
				    o.team.public_id);
	}
}

static void results_are_divided_by_everything_at_once(void **state)
{
	struct organization o = begin(*state);
	const cJSON *t = ask(&o, COMPLETIONS,
			     MINUTE "&limit=1&group_by=project_id,user_id,"
				    "api_key_id,model,batch,service_tier");
	const cJSON *result = json_at(t, "data.0.results.1");

	assert_string_equal(json_text(result, "project_id"), "default");
	assert_string_equal(json_text(result, "model"), "kimi-k3");
	assert_true(cJSON_IsFalse(json_at(result, "batch")));
	assert_null(json_text(result, "user_id"));
	assert_null(json_text(result, "service_tier"));
}

static int64_t requests(struct organization *o, const char *filter)
{
	const cJSON *t =
		ask(o, COMPLETIONS,
		    arena_printf(o->site->arena, MINUTE "&limit=1&%s", filter));

	return json_int(t, "data.0.results.0.num_model_requests", 0);
}

static void filters_leave_out_what_does_not_match(void **state)
{
	struct organization o = begin(*state);

	assert_int_equal(requests(&o, "models=kimi-k3"), 1);
	assert_int_equal(requests(&o, "models=kimi-k3,kimi-k2"), 2);
	assert_int_equal(requests(&o, "models="), 2);
	assert_int_equal(requests(&o, "models=kimi"), 0);
	assert_int_equal(requests(&o, "models=%zz"), 0);
	assert_int_equal(requests(&o, arena_printf(*state, "api_key_ids[]=%s",
						   o.team.public_id)),
			 2);
	assert_int_equal(requests(&o, arena_printf(*state, "api_key_ids[]=%s",
						   o.owner.public_id)),
			 0);
	assert_int_equal(requests(&o, "project_ids=default"), 2);
	assert_int_equal(requests(&o, "project_ids=other"), 0);
	assert_int_equal(requests(&o, "batch=false"), 2);
	assert_int_equal(requests(&o, "batch=true"), 0);
}

static void a_page_goes_on_where_the_last_one_ended(void **state)
{
	struct organization o = begin(*state);
	const char *query = MINUTE "&end_time=1767225901&limit=2";
	const cJSON *t = ask(&o, COMPLETIONS, query);

	/* Five minutes and a second are in six buckets. */
	for (int i = 1; i < 3; i++) {
		t = ask(&o, COMPLETIONS,
			arena_printf(*state, "%s&page=%s", query,
				     json_text(t, "next_page")));
		assert_int_equal(json_int(t, "data.0.start_time", 0),
				 1767225600 + 120 * i);
		assert_int_equal(cJSON_GetArraySize(json_at(t, "data")), 2);
	}
	assert_true(cJSON_IsFalse(json_at(t, "has_more")));
	assert_null(json_text(t, "next_page"));
}

static void a_page_of_another_query_is_refused(void **state)
{
	static const char *const others[] = {
		"bucket_width=1h&start_time=" START,
		MINUTE "&models=kimi-k3",
		MINUTE "&group_by=model",
		MINUTE "&batch=true",
		"bucket_width=1m&start_time=1767229260",
		MINUTE "&end_time=1767225601",
	};
	struct organization o = begin(*state);
	const char *page = json_text(ask(&o, COMPLETIONS, MINUTE), "next_page");

	for (size_t i = 0; i < COUNT(others); i++)
		assert_refused(ask_as(&o, o.owner_secret, COMPLETIONS,
				      arena_printf(*state, "%s&page=%s",
						   others[i], page)),
			       "400", "next_page", "\"param\":\"page\"");
}

static void the_lists_name_the_ids(void **state)
{
	struct organization o = begin(*state);
	const cJSON *t = ask(&o, ADMINS, "");

	assert_int_equal(cJSON_GetArraySize(json_at(t, "data")), 1);
	assert_string_equal(json_text(t, "data.0.name"), "owner");
	assert_string_equal(json_text(t, "data.0.id"), o.owner.public_id);
	assert_string_equal(json_text(t, "last_id"), o.owner.public_id);
	t = ask(&o, PROJECTS, "");
	assert_string_equal(json_text(t, "data.0.id"), "default");
	t = ask(&o, KEYS, "limit=1");
	assert_string_equal(json_text(t, "data.0.name"), "owner");
	assert_true(cJSON_IsTrue(json_at(t, "has_more")));
	t = ask(&o, KEYS,
		arena_printf(*state, "limit=1&after=%s", o.owner.public_id));
	assert_string_equal(json_text(t, "data.0.name"), "team");
	assert_string_equal(json_text(t, "data.0.redacted_value"),
			    o.team.label);
	assert_true(cJSON_IsFalse(json_at(t, "has_more")));
	t = ask(&o, arena_printf(*state, KEYS "/%s", o.team.public_id), "");
	assert_string_equal(json_text(t, "name"), "team");
	t = ask(&o, arena_printf(*state, ADMINS "/%s", o.owner.public_id), "");
	assert_string_equal(json_text(t, "object"),
			    "organization.admin_api_key");
}

static void what_is_in_no_list_is_not_found(void **state)
{
	struct organization o = begin(*state);
	const char *const paths[] = {
		PROJECTS "/other",
		PROJECTS "/other/api_keys",
		KEYS "/team",
		arena_printf(*state, ADMINS "/%s", o.team.public_id),
	};

	for (size_t i = 0; i < COUNT(paths); i++)
		assert_refused(ask_as(&o, o.owner_secret, paths[i], ""), "404",
			       "\"not_found\"", "");
	assert_refused(ask_as(&o, o.owner_secret, KEYS, "after=key_none"),
		       "404", "\"not_found\"", "\"param\":\"after\"");
}

static void a_deleted_key_keeps_its_name_and_usage(void **state)
{
	struct organization o = begin(*state);
	struct error e;
	const cJSON *t;

	assert_true(store_api_key_delete(o.store, &o.team, &e));
	t = ask(&o, KEYS, "owner_project_access=inactive");
	assert_int_equal(cJSON_GetArraySize(json_at(t, "data")), 1);
	assert_string_equal(json_text(t, "data.0.id"), o.team.public_id);
	assert_string_equal(json_text(t, "data.0.name"), "team");
	t = ask(&o, KEYS, "owner_project_access=active");
	assert_string_equal(json_text(t, "data.0.name"), "owner");
	assert_int_equal(requests(&o, arena_printf(*state, "api_key_ids=%s",
						   o.team.public_id)),
			 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_an_admin_key_may_ask),
		TEST(what_a_query_must_not_say_is_named),
		TEST(a_page_has_every_bucket),
		TEST(lists_may_be_spelled_in_three_ways),
		TEST(results_are_divided_by_everything_at_once),
		TEST(filters_leave_out_what_does_not_match),
		TEST(a_page_goes_on_where_the_last_one_ended),
		TEST(a_page_of_another_query_is_refused),
		TEST(the_lists_name_the_ids),
		TEST(what_is_in_no_list_is_not_found),
		TEST(a_deleted_key_keeps_its_name_and_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
