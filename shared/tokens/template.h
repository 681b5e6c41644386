/* SPDX-License-Identifier: MIT */
#ifndef TOKENS_TEMPLATE_H
#define TOKENS_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "chat/chat.h"

/*
 * The chat templates that put marks, role words and more around messages
 * (kimi-upstreams, E4). The last two are not known well enough to say that
 * their tokens are counted.
 */
enum tokens_template {
	TOKENS_K2,	/* of July 2025 */
	TOKENS_K2_0905, /* of September 2025 */
	TOKENS_K2_5,	/* and K2.6; told not to think */
	TOKENS_K2_5_THINKING,
	TOKENS_OTHER, /* later and unknown models: as K2.5 */
	TOKENS_K3,    /* as K2.5, and what tells its effort */
};

struct template_rules {
	const char *hint; /* the system message where a request has none */
	int prompt;	  /* tokens that ask for the answer */
	bool exact;	  /* tokenizer and template are known */
	bool types;	  /* tools are declared as types, not as JSON */
	bool marks;	  /* <think> and </think> in each answer */
	bool thinks;	  /* reasoning stays since the last whole answer */
};

const struct template_rules *template_rules(enum tokens_template t);

/*
 * The template of a model by its name, and of the request's wish to think or
 * not. The rules of K2.5 and K2.6 are those of `k2`, too: that is what the
 * web service has behind this name.
 */
enum tokens_template template_of(const char *model,
				 const struct chat_request *request);

#endif
