/* SPDX-License-Identifier: MIT */
/* The models that Kimi web lists. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/web_call.h"
#include "upstream/model.h"
#include "upstream/services.h"

#define LIST_CALL                                                              \
	"/apiv2/kimi.gateway.config.v1.ConfigService/GetAvailableModels"

static struct web_call *list(struct arena *a, long status, const char *body,
			     struct model_list *l, bool *ok)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = WEB_ONE LIST_CALL,
		  .status = status,
		  .body = body },
		{ 0 },
	};
	struct web_call *w = web_call_new(a, answers);

	w->call.bearer = NULL;
	*ok = upstream_web.list(&w->call, l);
	return w;
}

#define EFFORTS(list) "\"reasoningEffortOptions\":[" list "]"
#define E(word) "{\"effort\":\"REASONING_EFFORT_" word "\"}"
#define CONTEXTS(list) "\"contextLengthOptions\":[" list "]"
#define LENGTH(word, available)                                                \
	"{\"contextLength\":\"CONTEXT_LENGTH_" word                            \
	"\",\"available\":" available "}"
#define ENTRY(scenario, key, more)                                             \
	"{\"scenario\":\"" scenario "\",\"id\":\"x\",\"key\":\"" key           \
	"\",\"displayName\":\"X\"," more "}"

static void every_entry_is_a_model(void **state)
{
	struct model_list l;
	bool ok;
	struct web_call *w = list(
		*state, 200,
		"{\"availableModels\":[" ENTRY(
			"SCENARIO_CHAT", "k2d6-chat",
			"\"thinking\":false," EFFORTS(E("NONE") "," E("LOW")) "," CONTEXTS(LENGTH(
				"L",
				"true"))) "," ENTRY("SCENARIO_OK_COMPUTER",
						    "k3-agent",
						    EFFORTS(E("LOW") "," E("HIGH") "," E("MAX")) "," CONTEXTS(
							    LENGTH("256K", "true") "," LENGTH(
								    "1M",
								    "true") "," LENGTH("2M",
										       "false"))) "],\"defaultScenario\":{\"scenario\":\"SCENARIO_CHAT\","
												  "\"model\":\"k2d6-chat\"}}",
		&l, &ok);

	assert_true(ok);
	assert_string_equal(w->replay.calls[0].body, "{}");
	assert_null(w->replay.calls[0].bearer);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.preferred, "k2d6-chat");
	assert_string_equal(l.models[0].name, "k2d6-chat");
	assert_string_equal(l.models[0].wire, "k2d6-chat");
	assert_string_equal(l.models[0].scenario, "SCENARIO_CHAT");
	assert_ptr_equal(l.models[0].upstream, &upstream_web);
	assert_int_equal(l.models[0].context, 256 * 1024);
	assert_string_equal(l.models[1].name, "k3-agent");
	assert_int_equal(l.models[1].context, 1024 * 1024);
}

static void traits_follow_from_the_efforts(void **state)
{
	static const struct {
		const char *members;
		unsigned traits;
	} rows[] = {
		{ "\"thinking\":false," EFFORTS(E("NONE") "," E("LOW")),
		  MODEL_THINKING_SWITCH | MODEL_EFFORT },
		{ "\"thinking\":true," EFFORTS(E("NONE") "," E("LOW")),
		  MODEL_THINKS | MODEL_THINKING_SWITCH | MODEL_EFFORT },
		{ EFFORTS(E("LOW") "," E("MAX")), MODEL_THINKS | MODEL_EFFORT },
		{ "\"reasoning_effort_options\":[" E("LOW") "]",
		  MODEL_THINKS | MODEL_EFFORT },
		{ EFFORTS(E("NONE")), 0 },
		{ "\"thinking\":true", MODEL_THINKS },
		{ "\"thinking\":null", 0 },
		{ EFFORTS("{},null,7"), 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct model_list l;
		bool ok;

		list(*state, 200,
		     arena_printf(*state,
				  "{\"available_models\":[{\"scenario\":\"S\","
				  "\"key\":\"k\",%s}]}",
				  rows[i].members),
		     &l, &ok);
		assert_true(ok);
		assert_int_equal(l.models[0].traits,
				 rows[i].traits | MODEL_IMAGES);
		assert_null(l.preferred);
	}
}

static void a_context_needs_a_clear_number(void **state)
{
	static const struct {
		const char *options;
		int64_t context;
	} rows[] = {
		{ LENGTH("128K", "true"), 128 * 1024 },
		{ LENGTH("1M", "true"), 1024 * 1024 },
		{ LENGTH("128K", "true") "," LENGTH("1M", "false"),
		  128 * 1024 },
		{ LENGTH("L", "true"), 256 * 1024 },
		{ LENGTH("128", "true"), 256 * 1024 },
		{ LENGTH("128KB", "true"), 256 * 1024 },
		{ LENGTH("9999999999999999999K", "true"), 256 * 1024 },
		{ LENGTH("-1K", "true"), 256 * 1024 },
		{ "{\"contextLength\":5}", 256 * 1024 },
		{ "", 256 * 1024 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct model_list l;
		bool ok;

		list(*state, 200,
		     arena_printf(*state,
				  "{\"availableModels\":[{\"scenario\":\"S\","
				  "\"key\":\"k\"," CONTEXTS("%s") "}]}",
				  rows[i].options),
		     &l, &ok);
		assert_true(ok);
		assert_int_equal(l.models[0].context, rows[i].context);
	}
}

static void entries_that_are_not_models_are_ignored(void **state)
{
	struct model_list l;
	bool ok;

	list(*state, 200,
	     "{\"availableModels\":[null,7,{},{\"key\":\"no-scenario\"},"
	     "{\"scenario\":\"S\",\"key\":\"\"},{\"scenario\":\"S\",\"key\":"
	     "\"has blank\"},{\"scenario\":\"S\\n\",\"key\":\"k\"},"
	     "{\"scenario\":\"S\",\"key\":\"good-1.5_x\"},"
	     "{\"scenario\":\"T\",\"key\":\"good-1.5_x\"}],"
	     "\"defaultScenario\":{\"model\":\"unlisted\"}}",
	     &l, &ok);
	assert_true(ok);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.models[0].name, "good-1.5_x");
	assert_string_equal(l.models[0].scenario, "S");
	assert_null(l.preferred);
}

static void a_list_that_cannot_be_read_is_an_error(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum error_kind kind;
	} rows[] = {
		{ 200, "{\"availableModels\":[]}", ERROR_UPSTREAM },
		{ 200, "{}", ERROR_UPSTREAM },
		{ 200, "<html>", ERROR_UPSTREAM },
		{ 404, "", ERROR_UPSTREAM },
		{ 401, "{\"code\":\"unauthenticated\"}", ERROR_CREDENTIAL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct model_list l;
		struct web_call *w;
		bool ok;

		w = list(*state, rows[i].status, rows[i].body, &l, &ok);
		assert_false(ok);
		assert_error(&w->error, rows[i].kind, "");
		assert_int_equal(l.n, 0);
	}
}

static void the_legacy_protocol_has_no_list(void **state)
{
	struct replay_answer none[] = { { 0 } };
	struct web_call *w = web_call_new(*state, none);
	struct model_list l;

	w->config.web_protocol = CONFIG_PROTOCOL_LEGACY;
	assert_false(upstream_web.list(&w->call, &l));
	assert_error(&w->error, ERROR_UPSTREAM, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_entry_is_a_model),
		TEST(traits_follow_from_the_efforts),
		TEST(a_context_needs_a_clear_number),
		TEST(entries_that_are_not_models_are_ignored),
		TEST(a_list_that_cannot_be_read_is_an_error),
		TEST(the_legacy_protocol_has_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
