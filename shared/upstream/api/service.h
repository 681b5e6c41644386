/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_SERVICE_H
#define UPSTREAM_API_SERVICE_H

#include "base/buf.h"
#include "base/json.h"
#include "upstream/failure.h"
#include "upstream/upstream.h"

/*
 * The parts of the Moonshot Open Platform adapter. Its wire format is that of
 * platform.kimi.ai/docs (api/chat) as of November 2026.
 */

/* The tool by which the service searches the web itself (C9). */
#define PLATFORM_SEARCH "$web_search"

/* How URLs of files begin that are stored at the service. */
#define PLATFORM_FILE_SCHEME "ms://"

/* Another service of the same wire format. */
struct platform_service {
	enum failure_service failure;
	const struct config_list *urls; /* base URLs */
	const char *const *headers; /* further ones, ended by NULL; or NULL */
};

/* The Open Platform itself. */
struct platform_service platform_service_of(const struct upstream_call *call);

/* One answer of it. */
bool platform_answer(struct upstream_call *call,
		     const struct platform_service *service,
		     const struct chat_request *request,
		     struct chat_stream *stream);

/* Writes the body of POST /chat/completions, always streamed. */
bool platform_write_request(struct buf *out, struct arena *a,
			    const struct model *model,
			    const struct chat_request *request,
			    struct error *e);

/* What both flavours make of a request. */

/* Whether all of the body found room; else ERROR_TOO_LARGE. */
bool platform_body_fits(const struct buf *body, struct error *e);

/* The call `id` of messages[i] has its result behind it. */
bool platform_is_answered(const struct chat_request *r, size_t i,
			  const char *id);

/* A call is demanded, of any tool or of a named one, and the model takes
 * that. */
bool platform_forces_call(const struct model *model,
			  const struct chat_request *r);

/* No thinking is wanted, or it would not go with a call that is demanded. */
bool platform_unthinking(const struct chat_request *r);

/* Kimi's word for the effort asked for: low, high or max; NULL: none is. */
const char *platform_effort(const struct chat_request *r);

/* The limit of the answer's tokens for the one `wanted`, when `written` bytes
 * of the request tell how long the prompt is at most. */
int64_t platform_limit(const struct model *model, int64_t wanted,
		       size_t written);

/* Writes a JSON schema as Kimi takes it (schema.h): `param` is how errors name
 * it; or that of the tool, if it has one. */
bool platform_put_schema(struct json_writer *w, struct arena *a,
			 const char *key, const char *schema, const char *param,
			 struct error *e);
bool platform_put_parameters(struct json_writer *w, struct arena *a,
			     const char *key, const struct chat_tool *tool,
			     struct error *e);

/*
 * The request with the text of its documents in front, which the service
 * extracts: as it is where there are none; NULL and a filled error.
 */
const struct chat_request *
platform_with_documents(struct upstream_call *call,
			const struct platform_service *service,
			const struct chat_request *request);

/* Deletes a document that was uploaded for its text. */
bool platform_forget(struct upstream_call *call, const char *hash);

/*
 * The JSON object at `path` of the host that knows the key; NULL and a filled
 * error when there is none.
 */
const cJSON *platform_get(struct upstream_call *call,
			  const struct platform_service *service,
			  const char *path);

/*
 * The models of GET /models, with what both services say of one (C1, D3);
 * `read` adds the rest.
 */
bool platform_read_list(struct upstream_call *call,
			const struct platform_service *service,
			const struct upstream *upstream,
			void (*read)(struct model *m, const cJSON *v),
			struct model_list *list);

/* That of the Open Platform. */
bool platform_list(struct upstream_call *call, struct model_list *list);

#endif
