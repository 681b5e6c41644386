/* SPDX-License-Identifier: MIT */
/* OpenAI chat completions: the vtable and what both forms of answer share. */
#include "dialect/openai/chat.h"

const struct dialect dialect_openai_chat = {
	.name = "openai_chat",
	.input = "messages",
	.adjacent_results = true,
	.stored_prefix = OPENAI_CHAT_PREFIX,
	.stored_kind = "chat_completion",
	.decode = openai_chat_decode,
	.encoder = openai_chat_encoder,
	.event = openai_chat_event,
	.reply = openai_chat_reply,
	.error = openai_error,
};

void openai_chat_put_usage(struct json_writer *w, const struct chat_usage *u)
{
	json_object(w, "usage");
	json_put_int(w, "prompt_tokens", u->prompt);
	json_put_int(w, "completion_tokens", u->completion);
	json_put_int(w, "total_tokens", u->prompt + u->completion);
	json_object(w, "prompt_tokens_details");
	json_put_int(w, "cached_tokens", u->cached);
	json_close_object(w);
	json_object(w, "completion_tokens_details");
	json_put_int(w, "reasoning_tokens", u->reasoning);
	json_close_object(w);
	/* Our extension: who counted. */
	json_put_text(w, "source", chat_usage_source_name(u->source));
	json_close_object(w);
}

void openai_chat_put_citation(struct json_writer *w,
			      const struct chat_citation *citation,
			      size_t offset)
{
	json_object(w, NULL);
	json_put_text(w, "type", "url_citation");
	json_object(w, "url_citation");
	json_put_int(w, "start_index", (int64_t)offset);
	json_put_int(w, "end_index", (int64_t)offset);
	json_put_text(w, "url", citation->url);
	json_put_text(w, "title", citation->title);
	json_close_object(w);
	json_close_object(w);
}
