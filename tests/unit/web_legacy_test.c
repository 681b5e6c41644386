/* SPDX-License-Identifier: MIT */
/* Kimi web, legacy protocol: what is sent. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/web_call.h"
#include "upstream/model.h"
#include "upstream/services.h"

static struct chat_request two_messages(struct arena *a)
{
	return decode(a, WEB(SAYS("A") "," SAYS("B")));
}

/* The call after the one that creates a chat. */
static const struct replay_call *
ask(struct arena *a, const struct chat_request *r, const struct model *model)
{
	static struct replay_answer const row[] = {
		COMPLETES("kept", 200, ALL_DONE),
		COMPLETES("new", 200, ALL_DONE),
		CREATES("new"),
		{ 0 },
	};
	struct replay_answer *answers = arena_alloc(a, sizeof(row));
	struct web_call *w;

	memcpy(answers, row, sizeof(row));
	w = web_call_new(a, answers);
	w->config.web_protocol = CONFIG_PROTOCOL_LEGACY;
	if (model != NULL)
		w->model = *model;
	assert_true(web_call_run(w, r));
	return &w->replay.calls[w->replay.n_calls - 1];
}

#define BODY(model, search, text)                                              \
	"{\"kimiplus_id\":\"kimi\",\"model\":\"" model                         \
	"\",\"use_search\":" search                                            \
	",\"messages\":[{\"role\":\"user\",\"content\":\"" text                \
	"\"}],\"extend\":{\"sidebar\":true},\"refs\":[],\"history\":[],"       \
	"\"scene_labels\":[],\"use_semantic_memory\":false,"                   \
	"\"use_deep_research\":false}"

static void the_web_gets_one_user_message(void **state)
{
	struct chat_request r = two_messages(*state);
	const struct replay_call *sent = ask(*state, &r, NULL);

	assert_string_equal(sent->url,
			    WEB_ONE "/api/chat/new/completion/stream");
	assert_string_equal(sent->body,
			    BODY("k2", "true", "user: A\\n\\nuser: B"));
	r.bookmark = (struct chat_bookmark){ .chat = "kept", .known = 1 };
	sent = ask(*state, &r, NULL);
	assert_string_equal(sent->url,
			    WEB_ONE "/api/chat/kept/completion/stream");
	assert_string_equal(sent->body, BODY("k2", "true", "B"));
}

static void search_can_be_switched_off(void **state)
{
	static const struct {
		enum chat_search search;
		const char *body;
	} rows[] = {
		{ CHAT_SEARCH_DEFAULT, BODY("k2", "true", "A") },
		{ CHAT_SEARCH_ON, BODY("k2", "true", "A") },
		{ CHAT_SEARCH_OFF, BODY("k2", "false", "A") },
	};
	struct chat_request r = decode(*state, WEB(SAYS("A")));

	for (size_t i = 0; i < COUNT(rows); i++) {
		r.search = rows[i].search;
		assert_string_equal(ask(*state, &r, NULL)->body, rows[i].body);
	}
}

static void models_of_the_current_protocol_have_legacy_names(void **state)
{
	struct model m = { .name = "k2d6-chat",
			   .upstream = &upstream_web,
			   .scenario = "SCENARIO_CHAT",
			   .traits = MODEL_EFFORT | MODEL_THINKING_SWITCH };
	struct chat_request r = decode(*state, WEB(SAYS("A")));

	assert_string_equal(ask(*state, &r, &m)->body, BODY("k2", "true", "A"));
	r.thinking = CHAT_THINKING_ON;
	assert_string_equal(ask(*state, &r, &m)->body,
			    BODY("k1.5", "true", "A"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_web_gets_one_user_message),
		TEST(search_can_be_switched_off),
		TEST(models_of_the_current_protocol_have_legacy_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
