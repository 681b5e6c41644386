/* SPDX-License-Identifier: MIT */
/* What only Kimi can read of its reasoning, for clients to carry. */
#include "dialect/openai/reasoning_details.h"

#include "dialect/sealed.h"

#define LIMIT (64 * 1024 * 1024)

void openai_reasoning_details_put(struct json_writer *w, const char *details,
				  bool streamed)
{
	struct buf sealed;

	if (details == NULL)
		return;
	buf_init(&sealed, LIMIT);
	if (sealed_write(&sealed, &(struct sealed){ "", 0, details })) {
		json_array(w, "reasoning_details");
		json_object(w, NULL);
		if (streamed)
			json_put_int(w, "index", 0);
		json_put_text(w, "type", "encrypted");
		json_put_text_n(w, "encrypted", sealed.p, sealed.len);
		json_close_object(w);
		json_close_array(w);
	}
	buf_fini(&sealed);
}

const char *openai_reasoning_details_read(struct arena *a, const cJSON *list)
{
	struct sealed sealed;
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		if (sealed_read(a, json_text(v, "encrypted"), &sealed) &&
		    sealed.details != NULL)
			return sealed.details;
	return NULL;
}
