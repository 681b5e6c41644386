/* SPDX-License-Identifier: MIT */
/* Kimi web: which model the current protocol is asked for, and how it is to
 * think. */
#include "upstream/web/choice.h"

#include <string.h>

#define DEFAULT_SCENARIO "SCENARIO_CHAT"
#define DEFAULT_MODEL "k2d6-chat"

#define EFFORT "REASONING_EFFORT_"
#define NONE EFFORT "NONE"
#define LOW EFFORT "LOW"
#define HIGH EFFORT "HIGH"
#define MAX EFFORT "MAX"

/* The client's word. Whether the service takes a MEDIUM is not known. */
static const char *effort_of(const char *word)
{
	static const struct {
		const char *word, *effort;
	} rows[] = {
		{ "none", NONE },   { "minimal", LOW }, { "low", LOW },
		{ "medium", HIGH }, { "high", HIGH },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].effort;
	return MAX;
}

static bool wants_thinking(const struct chat_request *r, bool fallback)
{
	switch (r->thinking) {
	case CHAT_THINKING_ON:
		return true;
	case CHAT_THINKING_OFF:
		return false;
	case CHAT_THINKING_DEFAULT:
		break;
	}
	return r->effort == NULL ? fallback : strcmp(r->effort, "none") != 0;
}

/*
 * Thinking may be turned off for a model that thinks by itself; a model that
 * takes an effort can think. A model that is not from the list is taken for the
 * default one, "k1.5" for its thinking form.
 */
static bool will_think(const struct model *m, const struct chat_request *r)
{
	bool by_itself = m->traits & MODEL_THINKS;

	if (by_itself)
		return !(m->traits & MODEL_THINKING_SWITCH) ||
		       wants_thinking(r, true);
	return (m->scenario == NULL || (m->traits & MODEL_EFFORT)) &&
	       wants_thinking(r, false);
}

/* For a model that thinks; NULL: it takes none. */
static const char *effort_for(const struct model *m, const char *model,
			      const struct chat_request *r)
{
	const char *effort = r->effort == NULL ? HIGH : effort_of(r->effort);

	if (m->scenario != NULL && !(m->traits & MODEL_EFFORT))
		return NULL;
	/* This one has no other; and a model that must think gets the
	 * minimum. */
	if (strcmp(model, DEFAULT_MODEL) == 0 || strcmp(effort, NONE) == 0)
		return LOW;
	return effort;
}

struct web_choice web_choice_make(const struct model *m,
				  const struct chat_request *request)
{
	struct web_choice c = {
		.scenario = m->scenario,
		.model = m->wire != NULL ? m->wire : m->name,
		.thinks = will_think(m, request),
	};

	if (m->scenario == NULL) {
		c.scenario = DEFAULT_SCENARIO;
		c.model = DEFAULT_MODEL;
	}
	if (c.thinks)
		c.effort = effort_for(m, c.model, request);
	else if (m->scenario == NULL || (m->traits & MODEL_EFFORT))
		c.effort = NONE;
	return c;
}
