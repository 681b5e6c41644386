/* SPDX-License-Identifier: MIT */
/* Kimi Code: web searches, which its caller has to run. */
#include "upstream/api/code_search.h"

#include <string.h>

#include "upstream/api/code_identity.h"
#include "upstream/api/json_call.h"
#include "upstream/hosts.h"

#define LIMIT (1024 * 1024)
#define FINISH_MS 20000

/* The results as the model reads them; each is a source of the reply. */
static const char *tell_results(struct upstream_call *call,
				const cJSON *results,
				struct chat_stream *stream)
{
	struct buf *out = arena_buf(call->arena, LIMIT);
	struct json_writer w;
	const cJSON *v;

	json_writer_init(&w, out);
	json_array(&w, NULL);
	cJSON_ArrayForEach(v, results) {
		const char *text = json_text(v, "content");

		json_object(&w, NULL);
		json_put_text(&w, "title", json_text(v, "title"));
		json_put_text(&w, "url", json_text(v, "url"));
		json_put_text(&w, "text",
			      text != NULL && *text != '\0' ?
				      text :
				      json_text(v, "snippet"));
		json_close_object(&w);
		chat_stream_cite(stream, json_text(v, "url"),
				 json_text(v, "title"));
	}
	json_close_array(&w);
	return buf_text(out);
}

static const char *body_of(struct arena *a, const char *query)
{
	struct buf *body = arena_buf(a, LIMIT);
	struct json_writer w;

	json_writer_init(&w, body);
	json_object(&w, NULL);
	json_put_text(&w, "text_query", query);
	json_close_object(&w);
	return buf_text(body);
}

bool code_search_perform(struct upstream_call *call, const char *arguments,
			 struct chat_stream *stream, const char **result)
{
	struct api_service service = code_identity_service(call);
	struct error ignored;
	const cJSON *tree =
		json_parse(call->arena, arguments, strlen(arguments), &ignored);
	const char *query = json_text(tree, "query");
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(call->arena, "%s/search",
				    hosts_first(call, service.urls)),
		.bearer = call->bearer,
		.headers = service.headers,
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = FINISH_MS,
	};
	const cJSON *found;

	*result = "The search needs a query.";
	if (query == NULL)
		return true;
	http.body = body_of(call->arena, query);
	http.body_len = strlen(http.body);
	found = json_call_send(call, &service, &http);
	if (found == NULL)
		return false;
	*result = tell_results(call, json_at(found, "search_results"), stream);
	return true;
}
