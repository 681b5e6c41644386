/* SPDX-License-Identifier: MIT */
/* The pieces that types and comments are made of. */
#include "tokens/schema_writer.h"

void schema_put_text(struct schema_writer *w, const char *text)
{
	w->failed |= !buf_puts(w->out, text);
}

void schema_put_indent(struct schema_writer *w, int indent)
{
	for (int i = 0; i < indent; i++)
		schema_put_text(w, "  ");
}

void schema_put_scalar(struct schema_writer *w, const cJSON *v)
{
	if (cJSON_IsBool(v))
		schema_put_text(w, cJSON_IsTrue(v) ? "True" : "False");
	else if (cJSON_IsNull(v))
		schema_put_text(w, "None");
	else if (cJSON_IsString(v))
		schema_put_text(w, v->valuestring);
	else if (cJSON_IsNumber(v))
		schema_put_text(w, json_print(w->arena, v));
	else
		w->failed = true;
}
