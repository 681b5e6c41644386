/* SPDX-License-Identifier: MIT */
/* What the whole and the streamed message share. */
#include "dialect/anthropic/message.h"

#include <string.h>

void anthropic_message_put_stop(struct json_writer *w, enum chat_finish finish,
				const char *stop)
{
	static const char *const names[] = {
		[CHAT_FINISH_STOP] = "end_turn",
		[CHAT_FINISH_LENGTH] = "max_tokens",
		[CHAT_FINISH_CALLS] = "tool_use",
		[CHAT_FINISH_FILTER] = "refusal",
	};

	json_put_text(w, "stop_reason",
		      stop != NULL ? "stop_sequence" : names[finish]);
	json_put_text(w, "stop_sequence",
		      stop == NULL || *stop == '\0' ? NULL : stop);
}

const char *anthropic_message_tool_id(struct arena *a, const char *id)
{
	return strncmp(id, "call_", 5) == 0 ?
		       arena_printf(a, "toolu_%s", id + 5) :
		       id;
}

bool anthropic_message_hides_thinking(const struct dialect_envelope *envelope)
{
	return envelope->request->thinking == CHAT_THINKING_OFF;
}

bool anthropic_message_omits_thinking(const struct dialect_envelope *envelope)
{
	const char *display = json_text(envelope->body, "thinking.display");

	return display != NULL && strcmp(display, "omitted") == 0;
}

void anthropic_message_put_head(struct json_writer *w, const char *key,
				const struct dialect_envelope *envelope,
				struct arena *a)
{
	json_object(w, key);
	json_put_text(w, "id", arena_printf(a, "msg_%s", envelope->id));
	json_put_text(w, "type", "message");
	json_put_text(w, "role", "assistant");
	json_put_text(w, "model", envelope->model);
}

void anthropic_message_put_usage(struct json_writer *w,
				 const struct chat_usage *u)
{
	int64_t fresh = u->prompt - u->cached - u->cache_write;

	json_object(w, "usage");
	json_put_int(w, "input_tokens", fresh > 0 ? fresh : 0);
	json_put_int(w, "cache_creation_input_tokens", u->cache_write);
	json_object(w, "cache_creation");
	json_put_int(w, "ephemeral_5m_input_tokens",
		     u->cache_write - u->cache_write_1h);
	json_put_int(w, "ephemeral_1h_input_tokens", u->cache_write_1h);
	json_close_object(w);
	json_put_int(w, "cache_read_input_tokens", u->cached);
	json_put_int(w, "output_tokens", u->completion);
	if (u->searches > 0) {
		json_object(w, "server_tool_use");
		json_put_int(w, "web_search_requests", u->searches);
		json_close_object(w);
	}
	json_put_text(w, "service_tier", "standard");
	json_close_object(w);
}

void anthropic_message_put_citation(struct json_writer *w, const char *key,
				    const struct chat_citation *citation)
{
	json_object(w, key);
	json_put_text(w, "type", "web_search_result_location");
	json_put_text(w, "url", citation->url);
	json_put_text(w, "title", citation->title);
	json_put_text(w, "cited_text", "");
	json_put_text(w, "encrypted_index", "");
	json_close_object(w);
}
