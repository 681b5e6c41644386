/* SPDX-License-Identifier: MIT */
/* The comments above a type: description, constraints, default. */
#include "tokens/schema_comment.h"

#include <string.h>

static const cJSON *member(const cJSON *schema, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(schema, name);
}

void schema_put_comment(struct schema_writer *w, const char *text, int indent)
{
	for (;;) {
		size_t n = strcspn(text, "\n");

		if (n > 0) {
			schema_put_indent(w, indent);
			schema_put_text(w, "// ");
			w->failed |= !buf_append(w->out, text, n);
		}
		schema_put_text(w, "\n");
		if (text[n] == '\0')
			return;
		text += n + 1;
	}
}

/* The constraints shown for a type, in this order. */
static const char *const *constraints_of(const char *type)
{
	static const struct {
		const char *type;
		const char *names[4];
	} rows[] = {
		{ "string", { "maxLength", "minLength", "pattern", NULL } },
		{ "number", { "maximum", "minimum", NULL, NULL } },
		{ "integer", { "maximum", "minimum", NULL, NULL } },
		{ "array", { "maxItems", "minItems", NULL, NULL } },
		{ NULL, { NULL } },
	};
	size_t i = 0;

	while (rows[i].type != NULL && strcmp(rows[i].type, type) != 0)
		i++;
	return rows[i].names;
}

static void put_constraints(struct schema_writer *w, const cJSON *schema,
			    int indent)
{
	const char *type = cJSON_GetStringValue(member(schema, "type"));
	const char *const *name;
	bool any = false;

	if (type == NULL || member(schema, "$ref") != NULL ||
	    member(schema, "anyOf") != NULL || member(schema, "enum") != NULL)
		return;
	for (name = constraints_of(type); *name != NULL; name++) {
		const cJSON *value = member(schema, *name);

		if (value == NULL)
			continue;
		schema_put_indent(w, any ? 0 : indent);
		schema_put_text(w, any ? ", " : "// ");
		schema_put_text(w, *name);
		schema_put_text(w, ": ");
		schema_put_scalar(w, value);
		any = true;
	}
	schema_put_text(w, any ? "\n" : "");
}

void schema_put_comments(struct schema_writer *w, const cJSON *schema,
			 int indent)
{
	const char *text = json_text(schema, "description");

	if (text != NULL && *text != '\0')
		schema_put_comment(w, text, indent);
	put_constraints(w, schema, indent);
}

void schema_put_default(struct schema_writer *w, const cJSON *schema,
			int indent)
{
	const cJSON *v = member(schema, "default");

	if (v == NULL || cJSON_IsNull(v))
		return;
	schema_put_indent(w, indent);
	schema_put_text(w, "// Default: ");
	if (cJSON_IsString(v))
		schema_put_text(w, json_print(w->arena, v));
	else
		schema_put_scalar(w, v);
	schema_put_text(w, "\n");
}
