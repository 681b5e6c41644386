/* SPDX-License-Identifier: MIT */
/* Kimi web: which model the current protocol is asked for, and how it is to
 * think. */
#include "upstream/web/choice.h"

#include <string.h>

#include "upstream/web/effort.h"

#define DEFAULT_SCENARIO "SCENARIO_CHAT"
#define DEFAULT_MODEL "k2d6-chat"

/* All that were seen where a model does not say what it offers. */
#define USUAL_EFFORTS                                                          \
	(WEB_EFFORT_NONE | WEB_EFFORT_LOW | WEB_EFFORT_HIGH | WEB_EFFORT_MAX)

/* The client's word. */
static unsigned effort_of(const char *word, unsigned offered)
{
	static const struct {
		const char *word;
		enum web_effort effort;
	} rows[] = {
		{ "none", WEB_EFFORT_NONE },
		{ "minimal", WEB_EFFORT_LOW },
		{ "low", WEB_EFFORT_LOW },
		{ "high", WEB_EFFORT_HIGH },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].effort;
	if (strcmp(word, "medium") == 0)
		return offered & WEB_EFFORT_MEDIUM ? WEB_EFFORT_MEDIUM :
						     WEB_EFFORT_HIGH;
	return WEB_EFFORT_MAX;
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

static unsigned offered_by(const struct model *m, const char *wire)
{
	if (m->efforts != 0)
		return m->efforts;
	if (strcmp(wire, DEFAULT_MODEL) == 0)
		return WEB_EFFORT_NONE | WEB_EFFORT_LOW;
	return m->traits & MODEL_EFFORT ? USUAL_EFFORTS : 0;
}

/* A model that must think although it should not thinks as little as it can. */
static unsigned wanted(const struct model *m, const struct chat_request *r,
		       unsigned offered)
{
	if (!wants_thinking(r, true))
		return WEB_EFFORT_NONE;
	if (r->effort != NULL)
		return effort_of(r->effort, offered);
	return m->effort != 0 ? m->effort : WEB_EFFORT_HIGH;
}

struct web_choice web_choice_make(const struct model *m,
				  const struct chat_request *request)
{
	struct web_choice c = {
		.scenario = m->scenario,
		.model = m->wire != NULL ? m->wire : m->name,
		.thinks = will_think(m, request),
	};
	unsigned offered, effort;

	if (m->scenario == NULL) {
		c.scenario = DEFAULT_SCENARIO;
		c.model = DEFAULT_MODEL;
	}
	offered = offered_by(m, c.model);
	effort = c.thinks ? web_effort_nearest(
				    wanted(m, request, offered),
				    offered & ~(unsigned)WEB_EFFORT_NONE) :
			    web_effort_nearest(WEB_EFFORT_NONE, offered);
	c.effort = web_effort_name(effort);
	c.thinks |= effort > WEB_EFFORT_NONE;
	return c;
}
