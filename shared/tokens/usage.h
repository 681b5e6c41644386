/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_USAGE_H
#define TOKENS_USAGE_H

#include "chat/chat.h"
#include "chat/reply.h"
#include "tokens/template.h"
#include "tokens/tokenizer.h"

/*
 * The tokens of texts, prompts and exchanges whose usage Kimi did not report.
 *
 * Without a tokenizer (`t` is NULL) all of these estimate by the length of the
 * texts. With one they count; still the result is called an estimate where part
 * of it had to be guessed: images, a schema for the reply, and the template of
 * a model other than K2, K2.5 and K2.6.
 */
struct tokens_sum {
	int64_t n;
	enum chat_usage_source source; /* COUNTED or ESTIMATED */
};

int64_t tokens_count_text(const struct tokenizer *t, const char *p, size_t n);

/* The prompt that the template makes of the request. */
struct tokens_sum tokens_count_prompt(const struct tokenizer *t,
				      enum tokens_template template,
				      const struct chat_request *request);

/* The usage of a whole exchange; neither part is ever 0. */
struct chat_usage tokens_usage(const struct tokenizer *t,
			       enum tokens_template template,
			       const struct chat_request *request,
			       const struct chat_reply *reply);

#endif
