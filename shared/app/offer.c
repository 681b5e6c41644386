/* SPDX-License-Identifier: MIT */
/* Which model answers, and what its service cannot do. */
#include "app/offer.h"

#include <stdio.h>

#include "app/candidates.h"
#include "upstream/upstream.h"

static bool check_part(const struct chat_request *q, size_t i, size_t j,
		       struct error *e)
{
	static const char *const names[] = {
		[CHAT_PART_IMAGE] = "image_url",
		[CHAT_PART_VIDEO] = "video_url",
		[CHAT_PART_FILE] = "file",
	};
	enum chat_part_kind kind = q->messages[i].parts[j].kind;
	char param[96];

	if (kind == CHAT_PART_TEXT)
		return true;
	snprintf(param, sizeof(param), "messages[%zu].content[%zu].%s", i, j,
		 names[kind]);
	return error_field(e, ERROR_VALUE, param,
			   "The model '%.64s' takes text only.", q->model);
}

static bool check_media(const struct chat_request *q, struct error *e)
{
	for (size_t i = 0; i < q->n_messages; i++)
		for (size_t j = 0; j < q->messages[i].n_parts; j++)
			if (!check_part(q, i, j, e))
				return false;
	return true;
}

bool offer_check(const struct chat_request *q, const struct model *model,
		 struct error *e)
{
	unsigned features = model->upstream->features;

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
		return true;
	return error_field(e, ERROR_MODEL, "model",
			   "The model '%.64s' is not offered here. Models: "
			   "%.300s.",
			   request->model, offered_names(caller, a));
}
