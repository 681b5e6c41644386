/* SPDX-License-Identifier: MIT */
/* A response as an object. */
#include "dialect/openai/response.h"

#include <string.h>

#include "base/clock.h"
#include "dialect/openai/error.h"
#include "dialect/openai/item.h"
#include "dialect/openai/response_echo.h"

static const char *const status_names[] = {
	[OPENAI_RESPONSE_QUEUED] = "queued",
	[OPENAI_RESPONSE_IN_PROGRESS] = "in_progress",
	[OPENAI_RESPONSE_COMPLETED] = "completed",
	[OPENAI_RESPONSE_INCOMPLETE] = "incomplete",
	[OPENAI_RESPONSE_FAILED] = "failed",
	[OPENAI_RESPONSE_CANCELLED] = "cancelled",
};

bool openai_response_hides_reasoning(const cJSON *settings)
{
	const char *effort = json_text(settings, "reasoning.effort");

	return effort != NULL && strcmp(effort, "none") == 0;
}

bool openai_response_seals_reasoning(const cJSON *settings)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, json_at(settings, "include"))
		if (cJSON_IsString(v) &&
		    strcmp(v->valuestring, "reasoning.encrypted_content") == 0)
			return true;
	return false;
}

void openai_response_put_usage(struct json_writer *w,
			       const struct chat_usage *u)
{
	if (u == NULL) {
		json_put_null(w, "usage");
		return;
	}
	json_object(w, "usage");
	json_put_int(w, "input_tokens", u->prompt);
	json_object(w, "input_tokens_details");
	json_put_int(w, "cached_tokens", u->cached);
	json_put_int(w, "cache_write_tokens", u->cache_write);
	json_close_object(w);
	json_put_int(w, "output_tokens", u->completion);
	json_object(w, "output_tokens_details");
	json_put_int(w, "reasoning_tokens", u->reasoning);
	json_close_object(w);
	json_put_int(w, "total_tokens", u->prompt + u->completion);
	/* Our extensions: who counted, and what else Kimi charges for. */
	json_put_text(w, "source", chat_usage_source_name(u->source));
	if (u->searches > 0)
		json_put_int(w, "searches", u->searches);
	json_close_object(w);
}

static void put_error(struct json_writer *w, const struct openai_response *r)
{
	const struct error *e = r->error;

	if (e == NULL || r->status != OPENAI_RESPONSE_FAILED) {
		json_put_null(w, "error");
		return;
	}
	json_object(w, "error");
	json_put_text(w, "code", openai_error_failed_code(e->kind));
	json_put_text(w, "message", e->message);
	json_put_text(w, "type", openai_error_type(e->kind));
	json_close_object(w);
}

static void put_incomplete(struct json_writer *w,
			   const struct openai_response *r)
{
	if (r->status != OPENAI_RESPONSE_INCOMPLETE) {
		json_put_null(w, "incomplete_details");
		return;
	}
	json_object(w, "incomplete_details");
	json_put_text(w, "reason",
		      r->finish == CHAT_FINISH_FILTER ? "content_filter" :
							"max_output_tokens");
	json_close_object(w);
}

static void put_item(struct json_writer *w, const struct openai_response *r,
		     size_t place, size_t cut)
{
	struct openai_item item;

	if (!openai_item_find(&item, r->message, place,
			      json_at(r->settings, "tools")))
		return;
	if (item.kind == OPENAI_ITEM_REASONING) {
		if (openai_response_hides_reasoning(r->settings))
			return;
		item.sealed = openai_response_seals_reasoning(r->settings);
	}
	if (place == cut)
		item.status = r->status == OPENAI_RESPONSE_IN_PROGRESS ?
				      "in_progress" :
				      "incomplete";
	openai_item_put(w, NULL, &item);
}

/* An unfinished summary is not shown. */
static size_t places_of(const struct openai_response *r)
{
	if (r->message == NULL ||
	    (r->message->compacts && r->status != OPENAI_RESPONSE_COMPLETED))
		return 0;
	return openai_item_places(r->message);
}

static void put_output(struct json_writer *w, const struct openai_response *r,
		       size_t cut)
{
	size_t n = places_of(r);

	json_array(w, "output");
	for (size_t i = 0; i < n; i++)
		put_item(w, r, i, cut);
	json_close_array(w);
}

static void put_metadata(struct json_writer *w, const struct openai_response *r)
{
	const cJSON *given = json_at(r->settings, "metadata");
	if (r->metadata == NULL && given != NULL)
		json_put_tree(w, "metadata", given);
	else
		json_put_raw(w, "metadata",
			     r->metadata != NULL ? r->metadata : "{}");
}

static void put_conversation(struct json_writer *w,
			     const struct openai_response *r)
{
	json_put_text(w, "previous_response_id", r->previous);
	if (r->conversation == NULL)
		return;
	json_object(w, "conversation");
	json_put_text(w, "id", r->conversation);
	json_close_object(w);
}

void openai_response_put_cut(struct json_writer *w, const char *key,
			     const struct openai_response *r, size_t cut)
{
	json_object(w, key);
	json_put_text(w, "id", r->id);
	json_put_text(w, "object", "response");
	json_put_int(w, "created_at", r->created);
	if (r->status == OPENAI_RESPONSE_COMPLETED && r->completed != 0)
		json_put_int(w, "completed_at", r->completed);
	else
		json_put_null(w, "completed_at");
	json_put_text(w, "status", status_names[r->status]);
	put_error(w, r);
	put_incomplete(w, r);
	json_put_text(w, "model", r->model);
	put_conversation(w, r);
	openai_response_echo_put(w, r->settings);
	put_metadata(w, r);
	put_output(w, r, cut);
	openai_response_put_usage(w, r->usage);
	json_close_object(w);
}

/* A reply is cut off within its last item. */
void openai_response_put(struct json_writer *w, const char *key,
			 const struct openai_response *r)
{
	size_t n = places_of(r);
	bool whole = r->status == OPENAI_RESPONSE_COMPLETED || n == 0;

	openai_response_put_cut(w, key, r,
				whole ? OPENAI_RESPONSE_NO_CUT : n - 1);
}

struct openai_response
openai_response_of(const struct dialect_envelope *envelope, struct arena *a)
{
	return (struct openai_response){
		.id = arena_printf(a, OPENAI_RESPONSES_PREFIX "%s",
				   envelope->id),
		.settings = envelope->body,
		.model = envelope->model,
		.previous = envelope->request->previous,
		.conversation = envelope->request->conversation,
		.status = OPENAI_RESPONSE_IN_PROGRESS,
		.created = envelope->created,
	};
}

void openai_response_finish(struct openai_response *r,
			    const struct dialect_envelope *envelope,
			    enum chat_finish finish)
{
	bool cut = chat_finish_cuts(finish);

	r->status = cut ? OPENAI_RESPONSE_INCOMPLETE :
			  OPENAI_RESPONSE_COMPLETED;
	r->finish = finish;
	r->completed = envelope->completed != 0 ? envelope->completed :
						  clock_wall_ms() / 1000;
}
