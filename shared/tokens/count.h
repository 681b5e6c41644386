/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_COUNT_H
#define TOKENS_COUNT_H

#include "base/error.h"
#include "chat/chat.h"
#include "chat/reply.h"
#include "tokens/template.h"

/* Kimi's tokenizer. One serves any number of threads at once. */
struct tokens;

/*
 * `source` and `compiled` as for vocabulary_open. ERROR_SETUP when something
 * is missing or wrong.
 */
bool tokens_open(struct tokens **t, const char *source, const char *compiled,
		 struct error *e);

/* NULL is fine. */
void tokens_close(struct tokens *t);

struct tokens_sum {
	int64_t n;
	enum chat_usage_source source; /* COUNTED or ESTIMATED */
};

/*
 * Where `t` is NULL, all of these estimate by the length of the texts. With a
 * tokenizer they count; still the sum is called estimated if a part of it had
 * to be guessed: the template of a model that is not K2, K2.5 or K2.6, images,
 * a schema of the answer. The names of special tokens count as the plain text
 * that they are there.
 */
int64_t tokens_count_text(const struct tokens *t, const char *p, size_t n);

/* The prompt that a template makes of the request. */
struct tokens_sum tokens_count_prompt(const struct tokens *t,
				      enum tokens_template template,
				      const struct chat_request *request);

/* Usage of a whole exchange; never 0. */
struct chat_usage tokens_usage(const struct tokens *t,
			       enum tokens_template template,
			       const struct chat_request *request,
			       const struct chat_reply *reply);

#endif
