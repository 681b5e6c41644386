/* SPDX-License-Identifier: MIT */
/* OpenAI's Conversations: bodies, and the object. */
#include "dialect/openai/conversation.h"

#include "dialect/common_fields.h"
#include "dialect/openai/items_read.h"

static bool read_items(struct decoder *d, const char *name, const cJSON *v)
{
	struct chat_message *messages;

	if (!cJSON_IsArray(v))
		return field_wrong_type(d, name, "an array");
	if (!openai_items_read(d, v, name, &messages, &d->request->n_messages))
		return false;
	d->request->messages = messages;
	return true;
}

const struct field openai_conversation_fields[] = {
	{ "metadata", FIELD_KEPT, common_field_metadata, NULL },
	{ "items", FIELD_KEPT, read_items, "like input of /v1/responses" },
	{ 0 },
};

const struct field openai_conversation_items_fields[] = {
	{ "items", FIELD_KEPT, read_items, "like input of /v1/responses" },
	{ 0 },
};

const struct field openai_metadata_fields[] = {
	{ "metadata", FIELD_KEPT, common_field_metadata, "null clears it" },
	{ 0 },
};

bool openai_conversation_decode(struct arena *a, const struct field *fields,
				const cJSON *body, struct chat_request *request,
				struct error *e)
{
	struct decoder d;

	field_decoder_init(&d, a, request, e);
	return field_table_read(&d, fields, body);
}

void openai_conversation_put(struct json_writer *w, const char *id,
			     int64_t created, const char *metadata)
{
	json_object(w, NULL);
	json_put_text(w, "id", id);
	json_put_text(w, "object", "conversation");
	json_put_int(w, "created_at", created);
	json_put_raw(w, "metadata", metadata);
	json_close_object(w);
}
