/* SPDX-License-Identifier: MIT */
/* The models that Kimi web lists. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/web_call.h"
#include "upstream/model.h"
#include "upstream/services.h"
#include "upstream/web/effort.h"

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
#define ENTRY(scenario, id, key, more)                                         \
	"{\"scenario\":\"" scenario "\",\"id\":\"" id "\",\"key\":\"" key      \
	"\",\"displayName\":\"X\"," more "}"
#define PREFERRED(model)                                                         \
	"\"defaultScenario\":{\"scenario\":\"SCENARIO_CHAT\",\"model\":\"" model \
	"\"}"

#define BY_ITSELF(word)                                                        \
	"\"defaultReasoningEffort\":\"REASONING_EFFORT_" word "\","

/* As the service answered in September 2026. */
#define K2D6_EFFORTS E("NONE") "," E("LOW")
#define K2D6_MORE "\"thinking\":false," BY_ITSELF("LOW") EFFORTS(K2D6_EFFORTS)
#define K2D6 ENTRY("SCENARIO_CHAT", "k2d6-chat", "k2d6", K2D6_MORE)
#define K3_EFFORTS E("LOW") "," E("HIGH") "," E("MAX")
#define K3_256K LENGTH("256K", "true")
#define K3_1M LENGTH("1M", "true")
#define K3_2M LENGTH("2M", "false")
#define K3_CONTEXTS CONTEXTS(K3_256K "," K3_1M "," K3_2M)
#define K3_MORE BY_ITSELF("HIGH") EFFORTS(K3_EFFORTS) "," K3_CONTEXTS
#define K3 ENTRY("SCENARIO_OK_COMPUTER", "k3-agent", "k3", K3_MORE)
#define LIST(preferred)                                                        \
	"{\"availableModels\":[" K2D6 "," K3 "]," PREFERRED(preferred) "}"

static void every_entry_is_a_model(void **state)
{
	struct model_list l;
	bool ok;
	struct web_call *w = list(*state, 200, LIST("k2d6-chat"), &l, &ok);

	assert_true(ok);
	assert_string_equal(w->replay.calls[0].body, "{}");
	assert_null(w->replay.calls[0].bearer);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.preferred, "k2d6-chat");
	assert_string_equal(l.models[0].name, "k2d6-chat");
	assert_string_equal(l.models[0].wire, "k2d6-chat");
	assert_string_equal(l.models[0].alias, "k2d6");
	assert_string_equal(l.models[0].scenario, "SCENARIO_CHAT");
	assert_ptr_equal(l.models[0].upstream, &upstream_web);
	assert_int_equal(l.models[0].context, 256 * 1024);
	assert_int_equal(l.models[0].efforts, WEB_EFFORT_NONE | WEB_EFFORT_LOW);
	assert_int_equal(l.models[0].effort, WEB_EFFORT_LOW);
	assert_string_equal(l.models[1].name, "k3-agent");
	assert_string_equal(l.models[1].alias, "k3");
	assert_int_equal(l.models[1].context, 1024 * 1024);
	assert_int_equal(l.models[1].efforts,
			 WEB_EFFORT_LOW | WEB_EFFORT_HIGH | WEB_EFFORT_MAX);
	assert_int_equal(l.models[1].effort, WEB_EFFORT_HIGH);
}

/* The page names ids; whether the service takes keys is not known. */
static void the_preferred_model_is_known_by_id_or_key(void **state)
{
	static const char *const bodies[] = { LIST("k3-agent"), LIST("k3") };

	for (size_t i = 0; i < COUNT(bodies); i++) {
		const struct model *known = model_known("k2", &upstream_web);
		struct model_list l;
		struct model k2;
		bool ok;

		list(*state, 200, bodies[i], &l, &ok);
		assert_string_equal(l.preferred, "k3-agent");
		k2 = upstream_web.current(known, &l);
		assert_string_equal(k2.name, "k2");
		assert_string_equal(k2.wire, "k3-agent");
		assert_string_equal(k2.scenario, "SCENARIO_OK_COMPUTER");
		assert_int_equal(k2.efforts, l.models[1].efforts);
		assert_int_equal(k2.effort, WEB_EFFORT_HIGH);
	}
}

static void an_id_or_a_key_alone_is_the_name(void **state)
{
	static const char *const rows[] = {
		"\"id\":\"one\"",
		"\"key\":\"one\"",
		"\"id\":\"one\",\"key\":\"one\"",
		"\"id\":\"has blank\",\"key\":\"one\"",
		"\"id\":\"one\",\"key\":\"\"",
		"\"id\":7,\"key\":\"one\"",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct model_list l;
		bool ok;

		list(*state, 200,
		     arena_printf(*state,
				  "{\"availableModels\":[{\"scenario\":\"S\","
				  "%s}]}",
				  rows[i]),
		     &l, &ok);
		assert_true(ok);
		assert_string_equal(l.models[0].name, "one");
		assert_string_equal(l.models[0].wire, "one");
		assert_null(l.models[0].alias);
		assert_int_equal(l.models[0].efforts, 0);
		assert_int_equal(l.models[0].effort, 0);
	}
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
		{ EFFORTS(E("HUGE")), 0 },
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
		TEST(the_preferred_model_is_known_by_id_or_key),
		TEST(an_id_or_a_key_alone_is_the_name),
		TEST(traits_follow_from_the_efforts),
		TEST(a_context_needs_a_clear_number),
		TEST(entries_that_are_not_models_are_ignored),
		TEST(a_list_that_cannot_be_read_is_an_error),
		TEST(the_legacy_protocol_has_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
