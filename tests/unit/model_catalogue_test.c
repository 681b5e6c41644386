/* SPDX-License-Identifier: MIT */
/* Which models there are: similar names, and lists that are asked for. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/relay/model_catalogue.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/skipped_time.h"
#include "upstream/model.h"
#include "upstream/upstream.h"

#define MODELS "/v1/models"

static struct model_catalogue of(struct arena *a, const char *const *names)
{
	struct model_catalogue c = { .models = arena_array(a, 16,
							   sizeof(*c.models)) };

	for (; names[c.n] != NULL; c.n++)
		c.models[c.n] = (struct model){ .name = names[c.n] };
	return c;
}

static void a_model_is_found_by_its_whole_name(void **state)
{
	static const char *const names[] = { "k2", "k2.6", NULL };
	struct model_catalogue c = of(*state, names);

	assert_ptr_equal(model_catalogue_find(&c, "k2.6"), &c.models[1]);
	assert_null(model_catalogue_find(&c, "k2."));
	assert_null(model_catalogue_find(&c, "K2"));
	assert_null(model_catalogue_find(&c, ""));
}

static void a_name_goes_before_an_alias(void **state)
{
	static const char *const names[] = { "k3-agent", "k3", "k4-agent",
					     "k5-agent", NULL };
	struct model_catalogue c = of(*state, names);

	c.models[0].alias = "k3";
	c.models[2].alias = c.models[3].alias = "k4";
	assert_ptr_equal(model_catalogue_find(&c, "k3"), &c.models[1]);
	assert_ptr_equal(model_catalogue_find(&c, "k4"), &c.models[2]);
	assert_null(model_catalogue_find(&c, "k5"));
}

static void similar_names_come_nearest_first(void **state)
{
	static const char *const names[] = {
		"k2", "kimi-k3", "kimi-k2.6", "k1.5", "kimi-for-coding", NULL
	};
	static const struct {
		const char *name, *near;
	} rows[] = {
		{ "kimi-k2", "kimi-k3, kimi-k2.6, k2" },
		{ "kimi-k3", "kimi-k2.6, k2, k1.5" },
		{ "K2", "k2, k1.5, kimi-k3" },
		{ "k", "k2, k1.5, kimi-k3" },
		{ "", "k2, k1.5, kimi-k3" },
		{ "kimi-for-coding-highspeed",
		  "kimi-for-coding, kimi-k3, kimi-k2.6" },
	};
	struct model_catalogue c = of(*state, names);

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(model_catalogue_near(&c, rows[i].name,
							 *state),
				    rows[i].near);
}

static void of_few_models_all_are_similar(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const one[] = { "a", NULL };
	struct model_catalogue c = of(*state, none);

	assert_string_equal(model_catalogue_near(&c, "x", *state), "");
	c = of(*state, one);
	assert_string_equal(model_catalogue_near(&c, "x", *state), "a");
	assert_string_equal(model_catalogue_near(&c, "a", *state), "");
}

static void very_long_names_are_compared_by_their_beginning(void **state)
{
	const char *long_one = arena_printf(*state, "%0100d", 1);
	const char *names[] = { "a", long_one, NULL };
	struct model_catalogue c = of(*state, names);

	assert_contains(model_catalogue_near(
				&c, arena_printf(*state, "%0200d1", 0), *state),
			"a");
}

/* --- Through the whole program --- */

#define LISTED(names) "{\"data\":[" names "]}"
#define LIST(code, text)                                                       \
	{                                                                      \
		.method = "GET", .path = "/models", .status = (code),          \
		.body = (text)                                                 \
	}

static const struct replay_call *last(const struct site *s)
{
	assert_true(s->replay.n_calls > 0);
	return &s->replay.calls[s->replay.n_calls - 1];
}

static void age(struct site *s, const char *seconds)
{
	database_run(s->db_path,
		     arena_printf(s->arena,
				  "UPDATE model_lists SET listed_at = "
				  "listed_at - %s000 WHERE service = "
				  "'platform'",
				  seconds));
}

#define SETTINGS "KIMI_TOKENS=" SITE_PLATFORM "\n"

static void a_list_is_asked_for_again_when_it_is_old(void **state)
{
	struct replay_answer answers[] = {
		LIST(200, LISTED("{\"id\":\"first\"}")),
		LIST(200, LISTED("{\"id\":\"second\"}")),
		{ 0 },
	};
	struct site *s = site_open(*state, SETTINGS, answers);

	assert_contains(site_ask(s, "GET", MODELS, NULL), "\"first\"");
	assert_int_equal(s->replay.n_calls, 1);
	assert_string_equal(last(s)->bearer, SITE_PLATFORM);
	age(s, "3590");
	assert_contains(site_ask(s, "GET", MODELS, NULL), "\"first\"");
	assert_int_equal(s->replay.n_calls, 1);
	age(s, "20");
	assert_contains(site_ask(s, "GET", MODELS, NULL), "\"second\"");
	assert_int_equal(s->replay.n_calls, 2);
}

static void a_request_asks_for_four_lists_at_most(void **state)
{
	struct replay_answer answers[] = {
		{ "GET", "/models", 200, "{\"data\":[{\"id\":\"kimi-k9\"}]}",
		  .again = true },
		{ 0 },
	};
	struct site *s = site_open(
		*state,
		"KIMI_TOKENS=sk-aaaaaaaaaaaaaaaaaaaaaaaa,"
		"sk-bbbbbbbbbbbbbbbbbbbbbbbb,sk-cccccccccccccccccccccccc,"
		"sk-dddddddddddddddddddddddd,sk-eeeeeeeeeeeeeeeeeeeeeeee,"
		"sk-ffffffffffffffffffffffff\n",
		answers);

	assert_contains(site_ask(s, "GET", MODELS, NULL), "kimi-k9");
	assert_int_equal(s->replay.n_calls, 4);
	assert_contains(site_ask(s, "GET", MODELS, NULL), "kimi-k9");
	assert_int_equal(s->replay.n_calls, 6);
	assert_contains(site_ask(s, "GET", MODELS, NULL), "kimi-k9");
	assert_int_equal(s->replay.n_calls, 6);
}

static void a_list_of_the_future_is_asked_for_again(void **state)
{
	struct replay_answer answers[] = {
		LIST(200, LISTED("{\"id\":\"first\"}")),
		LIST(200, LISTED("{\"id\":\"second\"}")),
		{ 0 },
	};
	struct site *s = site_open(*state, SETTINGS, answers);

	assert_contains(site_ask(s, "GET", MODELS, NULL), "\"first\"");
	skipped_time_set_wall(-3600000);
	assert_contains(site_ask(s, "GET", MODELS, NULL), "\"second\"");
	assert_contains(site_ask(s, "GET", MODELS, NULL), "\"second\"");
	assert_int_equal(s->replay.n_calls, 2);
	skipped_time_set_wall(0);
}

static void if_that_fails_the_old_list_is_used(void **state)
{
	struct replay_answer answers[] = {
		LIST(200, LISTED("{\"id\":\"first\"}")),
		LIST(500, "{}"),
		LIST(200, LISTED("{\"id\":\"third\"}")),
		{ 0 },
	};
	struct site *s = site_open(*state, SETTINGS, answers);

	site_ask(s, "GET", MODELS, NULL);
	age(s, "4000");
	assert_contains(site_ask(s, "GET", MODELS, NULL), "\"first\"");
	assert_contains(site_ask(s, "GET", MODELS, NULL), "\"first\"");
	assert_int_equal(s->replay.n_calls, 2);
	age(s, "61");
	assert_contains(site_ask(s, "GET", MODELS, NULL), "\"third\"");
}

static void without_any_list_the_known_models_are_used(void **state)
{
	struct replay_answer answers[] = { LIST(401, "{}"), { 0 } };
	struct site *s = site_open(*state, SETTINGS, answers);
	const char *r = site_ask(s, "GET", MODELS, NULL);

	assert_contains(r, "\"kimi-k3\"");
	assert_lacks(r, "\"kimi-for-coding\"");
	assert_lacks(r, "\"k1.5\"");
}

/* A known model needs no list. */
static void a_known_model_asks_for_no_list(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/chat/completions",
		  .status = 200,
		  .body = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},"
			  "\"finish_reason\":\"stop\"}]}\n\n" },
		{ 0 },
	};
	struct site *s = site_open(*state, SETTINGS, answers);

	assert_contains(site_ask(s, "POST", "/v1/chat/completions",
				 "{\"model\":\"kimi-k3\",\"messages\":[{"
				 "\"role\":\"user\",\"content\":\"x\"}]}"),
			"Status: 200 ");
	assert_int_equal(s->replay.n_calls, 1);
}

#define CODE_SETTINGS "KIMI_TOKENS=sk-kimi-unit0123456789abcdefghijk\n"
#define K3_LISTED                                                              \
	LISTED("{\"id\":\"k3\",\"context_length\":65536,"                      \
	       "\"supports_thinking_type\":\"both\",\"think_efforts\":{"       \
	       "\"support\":false}}")
#define CODE_REPLY                                                             \
	{                                                                      \
		.method = "POST", .path = "/chat/completions", .status = 200,  \
		.body = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},"  \
			"\"finish_reason\":\"stop\"}]}\n\n"                    \
	}

/* What Kimi Code is sent about thinking and the limit, for effort "none". */
static const char *asks_k3(struct site *s)
{
	assert_contains(site_ask(s, "POST", "/v1/chat/completions",
				 "{\"model\":\"k3\",\"reasoning_effort\":"
				 "\"none\",\"max_tokens\":300000,"
				 "\"messages\":[{\"role\":\"user\","
				 "\"content\":\"x\"}]}"),
			"Status: 200 ");
	return last(s)->body;
}

static void assert_as_known(const char *body)
{
	assert_contains(body, "\"reasoning_effort\":\"low\"");
	assert_contains(body, "\"max_completion_tokens\":300000");
}

static void a_fresh_list_counts_more_than_what_is_known(void **state)
{
	struct replay_answer answers[] = {
		CODE_REPLY, LIST(200, K3_LISTED), CODE_REPLY, CODE_REPLY, { 0 },
	};
	struct site *s = site_open(*state, CODE_SETTINGS, answers);
	const char *body;

	assert_as_known(asks_k3(s));
	site_ask(s, "GET", MODELS, NULL);
	body = asks_k3(s);
	assert_contains(body, "\"thinking\":{\"type\":\"disabled\"}");
	assert_lacks(body, "reasoning_effort");
	assert_lacks(body, "\"max_completion_tokens\":300000");
	database_run(s->db_path, "UPDATE model_lists SET listed_at = "
				 "listed_at - 3601000");
	assert_as_known(asks_k3(s));
	assert_int_equal(s->replay.n_calls, 4);
}

static void a_list_without_the_model_changes_nothing(void **state)
{
	struct replay_answer answers[] = {
		LIST(200, LISTED("{\"id\":\"k3-256k\"}")),
		CODE_REPLY,
		{ 0 },
	};
	struct site *s = site_open(*state, CODE_SETTINGS, answers);

	site_ask(s, "GET", MODELS, NULL);
	assert_as_known(asks_k3(s));
}

static void a_refused_model_is_not_similar_to_itself(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/chat/completions",
		  .status = 404,
		  .body = "{\"error\":{\"type\":\"resource_not_found_error\","
			  "\"message\":\"Not found the model\"}}" },
		LIST(200, LISTED("{\"id\":\"kimi-k3\"},{\"id\":\"kimi-k4\"}")),
		{ 0 },
	};
	struct site *s = site_open(*state, SETTINGS, answers);
	const char *r = site_ask(s, "POST", "/v1/chat/completions",
				 "{\"model\":\"kimi-k3\",\"messages\":[{"
				 "\"role\":\"user\",\"content\":\"x\"}]}");

	assert_contains(r, "Status: 404 ");
	assert_contains(r, "Similar names: kimi-k4.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_model_is_found_by_its_whole_name),
		TEST(a_name_goes_before_an_alias),
		TEST(similar_names_come_nearest_first),
		TEST(of_few_models_all_are_similar),
		TEST(very_long_names_are_compared_by_their_beginning),
		TEST(a_list_is_asked_for_again_when_it_is_old),
		TEST(a_request_asks_for_four_lists_at_most),
		TEST(a_list_of_the_future_is_asked_for_again),
		TEST(if_that_fails_the_old_list_is_used),
		TEST(without_any_list_the_known_models_are_used),
		TEST(a_known_model_asks_for_no_list),
		TEST(a_fresh_list_counts_more_than_what_is_known),
		TEST(a_list_without_the_model_changes_nothing),
		TEST(a_refused_model_is_not_similar_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
