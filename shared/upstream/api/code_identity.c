/* SPDX-License-Identifier: MIT */
/* Who we say we are at Kimi Code. */
#include "upstream/api/code_identity.h"

#include <string.h>

#include "base/random_id.h"
#include "base/version.h"
#include "upstream/note.h"

#define MAX_HEADERS 16

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
	const char *id = note_find(call, CODE_IDENTITY_DEVICE);

	if (id == NULL) {
		id = random_id(call->arena, "");
		note_save(call, CODE_IDENTITY_DEVICE, id);
	}
	return id;
}

struct api_service code_identity_service(struct upstream_call *call)
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
	return (struct api_service){
		.wire = FAILURE_CODE_CHAT,
		.urls = &call->config->code_urls,
		.headers = h->lines,
	};
}
