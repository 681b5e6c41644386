/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_TEMPLATE_H
#define TOKENS_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "chat/chat.h"

/*
 * The chat templates, which put special tokens and role words around messages.
 * Those of K2, K2.5 and K2.6 are published with the models; the last two here
 * are not known well enough to call the result a count.
 */
enum tokens_template {
	TOKENS_K2,	/* of July 2025 */
	TOKENS_K2_0905, /* of September 2025 */
	TOKENS_K2_5,	/* and K2.6, without thinking */
	TOKENS_K2_5_THINKING,
	TOKENS_OTHER, /* later and unknown models, taken for K2.5 */
	TOKENS_K3,    /* taken for K2.5, plus a text on its effort */
};

struct template_rules {
	const char *hint; /* system message where a request has none; or NULL */
	int prompt;	  /* tokens that prompt the reply */
	bool exact;	  /* tokenizer and template are known */
	bool types;	  /* tools are declared as types, not as JSON */
	bool marks;	  /* <think> and </think> in each reply */
	bool thinks;	  /* keeps reasoning after the last whole reply */
};

const struct template_rules *template_rules(enum tokens_template t);

/*
 * The template for a model's name and for whether the request wants thinking.
 * `k2` is taken for K2.5: that is what the web service runs under this name.
 */
enum tokens_template template_of(const char *model,
				 const struct chat_request *request);

#endif
