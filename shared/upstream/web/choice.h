/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_CHOICE_H
#define UPSTREAM_WEB_CHOICE_H

#include "chat/chat.h"
#include "upstream/model.h"

/* What the current protocol calls a model, and how it is to think. */
struct web_choice {
	const char *scenario, *model;
	bool thinks;
	const char *effort; /* REASONING_EFFORT_…; NULL: it takes none */
};

struct web_choice web_choice_make(const struct model *model,
				  const struct chat_request *request);

#endif
