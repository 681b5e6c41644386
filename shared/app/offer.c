/* SPDX-License-Identifier: MIT */
/* Which model answers, and what its service cannot do. */
#include "app/offer.h"

#include "app/candidates.h"
#include "upstream/upstream.h"

static bool has_media(const struct chat_message *m)
{
	for (size_t i = 0; i < m->n_parts; i++)
		if (m->parts[i].kind != CHAT_PART_TEXT)
			return true;
	return false;
}

static bool check_media(const struct chat_request *q, struct error *e)
{
	for (size_t i = 0; i < q->n_messages; i++)
		if (has_media(&q->messages[i]))
			return error_field(e, ERROR_UNSUPPORTED, "messages",
					   "The model '%.64s' takes text only.",
					   q->model);
	return true;
}

static bool check_features(const struct chat_request *q, unsigned features,
			   struct error *e)
{
	if (q->n_tools > 0 && q->tool_choice != CHAT_TOOLS_NONE &&
	    !(features & UPSTREAM_TOOLS))
		return error_field(e, ERROR_UNSUPPORTED, "tools",
				   "The model '%.64s' takes no tools: use a "
				   "model of the Open Platform.",
				   q->model);
	if (q->format != CHAT_FORMAT_TEXT && !(features & UPSTREAM_FORMAT))
		return error_field(e, ERROR_UNSUPPORTED, "response_format",
				   "The model '%.64s' takes no "
				   "response_format: ask for JSON in a "
				   "message.",
				   q->model);
	return (features & UPSTREAM_IMAGES) || check_media(q, e);
}

/* The names that this caller may use. */
static const char *offered_names(const struct caller *caller, struct arena *a)
{
	const char *names = "";

	for (const struct model *m = models; m->name != NULL; m++)
		if (candidates_count(caller, m->upstream) > 0)
			names = arena_printf(a, "%s%s%s", names,
					     *names == '\0' ? "" : ", ",
					     m->name);
	return names;
}

bool offer_find(const struct caller *caller, const struct chat_request *request,
		struct arena *a, struct model *model, struct error *e)
{
	bool known;

	*model = model_find(request->model, &known);
	if (candidates_count(caller, model->upstream) > 0)
		return check_features(request, model->upstream->features, e);
	return error_field(e, ERROR_MODEL, "model",
			   "The model '%.64s' is not offered here. Models: "
			   "%.300s.",
			   request->model, offered_names(caller, a));
}
