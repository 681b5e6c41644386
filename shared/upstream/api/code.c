/* SPDX-License-Identifier: MIT */
/* Kimi Code: who we are there, and which of its two flavours answers. */
#include "upstream/api/code.h"

#include <string.h>

#include "base/random_id.h"
#include "base/version.h"
#include "upstream/api/messages.h"
#include "upstream/api/search.h"
#include "upstream/cooldown.h"

#define MAX_HEADERS 16
#define DEVICE_NOTE "device"
#define FLAVOUR_NOTE "flavour"

struct headers {
	const char *lines[MAX_HEADERS + 1];
	size_t n;
};

static void add_header(struct headers *h, const char *line)
{
	if (h->n < MAX_HEADERS)
		h->lines[h->n++] = line;
}

/* Whether the owner set the header; `name` ends in a colon. */
static bool is_set(const struct config_list *headers, const char *name)
{
	for (size_t i = 0; i < headers->n; i++)
		if (strncasecmp(headers->items[i], name, strlen(name)) == 0)
			return true;
	return false;
}

/* One made-up device for each credential, the same in every process. */
static const char *device_of(struct upstream_call *call)
{
	const struct upstream_notes *notes = call->notes;
	const char *id;

	if (notes == NULL)
		return random_id(call->arena, "");
	id = notes->find(notes->ctx, DEVICE_NOTE, call->arena);
	if (id == NULL) {
		id = random_id(call->arena, "");
		notes->keep(notes->ctx, DEVICE_NOTE, id);
	}
	return id;
}

struct platform_service code_service(struct upstream_call *call)
{
	const struct config_list *settings = &call->config->code_headers;
	struct headers *h = arena_alloc(call->arena, sizeof(*h));

	if (!is_set(settings, "x-msh-platform:"))
		add_header(h, "X-Msh-Platform: kimi-proxy");
	if (!is_set(settings, "x-msh-version:"))
		add_header(h, "X-Msh-Version: " KIMI_VERSION);
	if (!is_set(settings, "x-msh-device-id:"))
		add_header(h, arena_printf(call->arena, "X-Msh-Device-Id: %s",
					   device_of(call)));
	for (size_t i = 0; i < settings->n; i++)
		add_header(h, settings->items[i]);
	return (struct platform_service){
		.failure = FAILURE_CODE,
		.urls = &call->config->code_urls,
		.headers = h->lines,
	};
}

/* The flavours, by the names under which they are noted. */
#define OPENAI "openai"
#define ANTHROPIC "anthropic"

static const char *first_flavour(struct upstream_call *call)
{
	const struct upstream_notes *notes = call->notes;
	const char *noted = NULL;

	if (call->model->traits & MODEL_ANTHROPIC)
		return ANTHROPIC;
	if (notes != NULL)
		noted = notes->find(notes->ctx, FLAVOUR_NOTE, call->arena);
	return noted != NULL && strcmp(noted, ANTHROPIC) == 0 ? ANTHROPIC :
								OPENAI;
}

static bool answer_in(const char *flavour, struct upstream_call *call,
		      const struct chat_request *request,
		      struct chat_stream *stream)
{
	struct platform_service service = code_service(call);

	return strcmp(flavour, ANTHROPIC) == 0 ?
		       messages_answer(call, &service, request, stream) :
		       platform_answer(call, &service, request, stream);
}

/* Where one flavour refuses this program the other may not; which one does
 * is remembered. */
static bool answer(struct upstream_call *call,
		   const struct chat_request *request,
		   struct chat_stream *stream)
{
	const char *flavour = first_flavour(call);

	if (answer_in(flavour, call, request, stream))
		return true;
	if (call->error->kind != ERROR_CLIENT_REFUSED || stream->started ||
	    (call->model->traits & MODEL_ANTHROPIC))
		return false;
	flavour = strcmp(flavour, OPENAI) == 0 ? ANTHROPIC : OPENAI;
	if (call->notes != NULL)
		call->notes->keep(call->notes->ctx, FLAVOUR_NOTE, flavour);
	return answer_in(flavour, call, request, stream);
}

/* A key whose time is used up rests until it begins anew. */
static void learn_reset(struct upstream_call *call)
{
	struct error quota = *call->error;
	int64_t reset = code_reset_ms(call);

	*call->error = quota;
	if (reset > 0)
		call->error->cooldown_ms = call->error->retry_after_ms = reset;
}

/*
 * A plan without the model answers as if the key were wrong (D4): another key
 * may do, and this one for other models.
 */
static void excuse_key(struct upstream_call *call)
{
	if (strncmp(call->bearer, "sk-", 3) != 0)
		return;
	error_set(call->error, ERROR_FORBIDDEN,
		  "Kimi Code refuses '%.64s' to this key: it needs a higher "
		  "plan, if the key is right.",
		  call->model->name);
	call->error->cooldown_ms = COOLDOWN_OVER;
}

static bool code_run(struct upstream_call *call,
		     const struct chat_request *request,
		     struct chat_stream *stream)
{
	static const struct search search = {
		.tool = { .name = "web_search",
			  .description = "Searches the web. Answer with what "
					 "it finds and name the sources.",
			  .parameters = "{\"type\":\"object\",\"properties\":"
					"{\"query\":{\"type\":\"string\"}},"
					"\"required\":[\"query\"]}" },
		.perform = code_search,
	};

	if (search_run(call, request, stream, &search, answer))
		return true;
	if (call->error->kind == ERROR_QUOTA)
		learn_reset(call);
	if (call->error->kind == ERROR_CREDENTIAL &&
	    (call->model->traits & MODEL_PLAN))
		excuse_key(call);
	return false;
}

static int64_t code_slots(const struct config *config)
{
	return config->code_slots;
}

const struct upstream upstream_code = {
	.name = "code",
	.features = UPSTREAM_TOOLS | UPSTREAM_IMAGES | UPSTREAM_VIDEOS |
		    UPSTREAM_FORMAT | UPSTREAM_LIMITS,
	.access = code_access,
	.renew = code_renew,
	.run = code_run,
	.list = code_list,
	.file_scheme = PLATFORM_FILE_SCHEME,
	.streams = code_slots,
	.usages = code_usages,
};
