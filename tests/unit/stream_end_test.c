/* SPDX-License-Identifier: MIT */
/*
 * Where a reply of each service ends: cut after any byte, the transfer may
 * break as soon as the reply says that nothing else is needed, and not before.
 */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/event_log.h"
#include "tests/unit/support/replay.h"
#include "upstream/model.h"
#include "upstream/services.h"
#include "upstream/upstream.h"

#define DATA(json) "data: " json "\n\n"
#define LATE                                                                   \
	"data: late\n\n" DATA("{\"error\":{\"message\":\"late\"}}")            \
		DATA("{\"event\":\"cmpl\",\"text\":\"late\"}")                 \
			DATA("{\"choices\":[{\"delta\":{\"content\":"          \
			     "\"late\"}}]}") "\x01\x02 late"
#define CHUNK(more) DATA("{\"choices\":[{" more "}]}")
#define HI CHUNK("\"delta\":{\"content\":\"Hi\"}")
#define USAGE                                                                  \
	"\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1,"              \
	"\"total_tokens\":8}"
#define STOP "\"delta\":{},\"finish_reason\":\"stop\""
#define FRAME(length, json) "\x00\x00\x00\x00" length json

/* Up to `needed` all has to come; `rest` may be cut anywhere. */
#define ENDS(needed, rest)                                                     \
	needed rest, sizeof(needed rest) - 1, sizeof(needed) - 1

static const struct row {
	const char *model;
	const struct upstream *upstream;
	unsigned traits;
	enum config_protocol protocol;
	const char *bytes;
	size_t n, needed;
} rows[] = {
	{ "kimi-k3", &upstream_platform, 0, 0,
	  ENDS(HI CHUNK(STOP), "data: [DONE]\n\n" LATE) },
	{ "kimi-k3", &upstream_platform, 0, 0,
	  ENDS(HI CHUNK(STOP "," USAGE), LATE) },
	{ "kimi-k3", &upstream_platform, 0, 0,
	  ENDS(HI CHUNK(STOP), DATA("{\"choices\":[]," USAGE "}") LATE) },
	{ "kimi-k3", &upstream_platform, 0, 0,
	  ENDS(HI "data: [DONE]\n\n", LATE) },
	{ "kimi-k3", &upstream_platform, 0, 0,
	  ENDS(CHUNK("\"delta\":{\"content\":\"H\"},\"finish_reason\":\"\"," USAGE)
		       CHUNK("\"delta\":{\"content\":\"i\"},"
			     "\"finish_reason\":\"\"," USAGE) "data: [DONE]\n\n",
	       LATE) },
	{ "k3", &upstream_code, 0, 0, ENDS(HI CHUNK(STOP "," USAGE), LATE) },
	{ "k3", &upstream_code, MODEL_MESSAGES, 0,
	  ENDS(DATA("{\"type\":\"content_block_delta\",\"delta\":{\"type\":"
		    "\"text_delta\",\"text\":\"Hi\"}}")
		       DATA("{\"type\":\"message_stop\"}"),
	       LATE) },
	{ "k3", &upstream_code, MODEL_MESSAGES, 0,
	  ENDS(DATA("{\"type\":\"content_block_delta\",\"delta\":{\"type\":"
		    "\"text_delta\",\"text\":\"Hi\"}}")
		       DATA("{\"type\":\"message_delta\",\"delta\":{"
			    "\"stop_reason\":\"end_turn\"}}"),
	       DATA("{\"type\":\"message_stop\"}") LATE) },
	{ "k2", &upstream_web, 0, CONFIG_PROTOCOL_LEGACY,
	  ENDS(DATA("{\"event\":\"cmpl\",\"text\":\"Hi\"}")
		       DATA("{\"event\":\"all_done\"}"),
	       LATE) },
	{ "k2", &upstream_web, 0, CONFIG_PROTOCOL_LEGACY,
	  ENDS(DATA("{\"event\":\"cmpl\",\"text\":\"Hi\"}") "data: [DONE]\n\n",
	       LATE) },
	{ "k2", &upstream_web, 0, CONFIG_PROTOCOL_CURRENT,
	  ENDS(FRAME("\x2e",
		     "{\"op\":\"set\",\"block\":{\"text\":{\"content\":\"Hi\"}}"
		     "}") "\x02\x00\x00\x00\x02{}",
	       LATE) },
	{ "k2", &upstream_web, 0, CONFIG_PROTOCOL_CURRENT,
	  ENDS(FRAME("\x2e",
		     "{\"op\":\"set\",\"block\":{\"text\":{\"content\":\"Hi\"}}"
		     "}") FRAME("\x0b", "{\"done\":{}}"),
	       "\x02\x00\x00\x00\x02{}" LATE) },
};

#define WHOLE "start open0:text delta0:Hi close0 finish:stop"
#define IN_TWO "start open0:text delta0:H delta0:i close0 finish:stop"

/* The first `n` bytes, in pieces of `step`, and then the connection breaks. */
static bool hear(struct arena *a, const struct row *row, size_t n, size_t step,
		 const char **said)
{
	struct chat_request r =
		decode(a, arena_printf(a,
				       "{\"model\":\"%s\",\"messages\":[{"
				       "\"role\":\"user\",\"content\":\"Hi\"}"
				       "]}",
				       row->model));
	struct config_list urls =
		config_list_parse(a, "https://kimi.example/v1", ',');
	struct config config = { .web_urls = urls,
				 .code_urls = urls,
				 .platform_urls = urls,
				 .web_protocol = row->protocol };
	struct replay_answer answers[] = {
		{ "POST", "/api/chat", 200, "{\"id\":\"c1\"}", .again = false },
		{ "POST", "", 200, row->bytes, .n = n, .breaks = true },
		{ 0 },
	};
	bool legacy = row->protocol == CONFIG_PROTOCOL_LEGACY;
	struct model model = *model_known(row->model, row->upstream);
	struct replay replay = { .arena = a,
				 .answers = legacy ? answers : answers + 1,
				 .step = step };
	struct error e = { 0 };
	struct http_client http;
	struct upstream_call call = { .arena = a,
				      .http = &http,
				      .config = &config,
				      .bearer = "t",
				      .model = &model,
				      .error = &e };
	struct event_log *log = arena_alloc(a, sizeof(*log));
	struct chat_stream s;
	bool ok;

	model.traits |= row->traits;
	event_log_init(log, a);
	chat_stream_init(&s, a, event_log_event, log);
	http_client_init(&http);
	replay_attach(&replay, &http);
	ok = row->upstream->run(&call, &r, &s) && chat_stream_end(&s, &e);
	replay_detach(&http);
	*said = buf_text(&log->text);
	return ok;
}

static void assert_whole(const char *said)
{
	if (strcmp(said, IN_TWO) != 0)
		assert_string_equal(said, WHOLE);
}

static void a_reply_is_whole_at_its_end_and_not_before(void **state)
{
	const char *said;

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = 1; n <= rows[i].n; n++) {
			bool ok = hear(*state, &rows[i], n, 0, &said);

			if (ok != (n >= rows[i].needed))
				fail_msg("row %zu, %zu bytes: %s", i, n, said);
			if (ok)
				assert_whole(said);
		}
}

static void what_follows_is_ignored_however_it_is_cut(void **state)
{
	const char *said;

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 1; step < rows[i].n; step++) {
			if (!hear(*state, &rows[i], rows[i].n, step, &said))
				fail_msg("row %zu, step %zu: %s", i, step,
					 said);
			assert_whole(said);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reply_is_whole_at_its_end_and_not_before),
		TEST(what_follows_is_ignored_however_it_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
