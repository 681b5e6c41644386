/* SPDX-License-Identifier: MIT */
/* The text by which chat templates declare tools, ahead of the messages. */
#include "tokens/declaration.h"

#include <string.h>

#include "base/json.h"
#include "tokens/schema_comment.h"
#include "tokens/schema_type.h"

/*
 * The types that the parameters refer to, and the parameters' own type if they
 * refer to themselves. Definitions that turn up only while these are written
 * are left out, as the reference encoder leaves them out.
 */
static void put_interfaces(struct schema_writer *w, const cJSON *root)
{
	const struct schema_definition *d;
	size_t n = 0;

	for (d = w->definitions; d != NULL; d = d->next)
		n++;
	if (w->refers_to_root) {
		schema_put_text(w, "interface parameters {");
		schema_put_properties(w, root);
		schema_put_text(w, "}\n");
	}
	for (d = w->definitions; n > 0; d = d->next, n--) {
		const char *text = json_text(d->schema, "description");

		if (text != NULL && *text != '\0')
			schema_put_comment(w, text, 0);
		schema_put_text(w, "interface ");
		schema_put_text(w, d->schema->string);
		schema_put_text(w, " ");
		schema_put_type(w, d->schema);
		schema_put_text(w, "\n");
	}
}

static void put_tool(struct buf *out, const struct chat_tool *tool,
		     const cJSON *root, struct schema_writer *w)
{
	struct buf parameters;
	bool refers_to_root;

	/* Written first, to learn what they refer to: that comes before. */
	buf_init(&parameters, out->limit);
	w->out = &parameters;
	schema_put_object(w, root);
	w->out = out;
	refers_to_root = w->refers_to_root;
	put_interfaces(w, root);
	if (tool->description != NULL && *tool->description != '\0')
		schema_put_comment(w, tool->description, 0);
	schema_put_text(w, "type ");
	schema_put_text(w, tool->name);
	schema_put_text(w, " = (_: ");
	schema_put_text(w,
			refers_to_root ? "parameters" : buf_text(&parameters));
	schema_put_text(w, ") => any;\n");
	buf_fini(&parameters);
}

bool declaration_types(struct buf *out, const struct chat_request *request,
		       struct arena *a)
{
	struct error ignored;

	if (!buf_puts(out, "# Tools\n\n## functions\nnamespace functions {\n"))
		return false;
	for (size_t i = 0; i < request->n_tools; i++) {
		const struct chat_tool *tool = &request->tools[i];
		const char *text = tool->parameters == NULL ? "{}" :
							      tool->parameters;
		const cJSON *root = json_parse(a, text, strlen(text), &ignored);
		struct schema_writer w = { .arena = a };

		if (root == NULL)
			return false;
		put_tool(out, tool, root, &w);
		if (w.failed)
			return false;
	}
	return buf_puts(out, "}\n");
}

bool declaration_json(struct buf *out, const struct chat_request *request)
{
	size_t before = out->len;
	struct json_writer w;

	json_writer_init(&w, out);
	json_array(&w, NULL);
	for (size_t i = 0; i < request->n_tools; i++) {
		const struct chat_tool *tool = &request->tools[i];

		json_object(&w, NULL);
		json_put_text(&w, "type", "function");
		json_object(&w, "function");
		json_put_text(&w, "name", tool->name);
		if (tool->description != NULL)
			json_put_text(&w, "description", tool->description);
		if (tool->parameters != NULL)
			json_put_raw(&w, "parameters", tool->parameters);
		if (tool->has_strict)
			json_put_bool(&w, "strict", tool->strict);
		json_close_object(&w);
		json_close_object(&w);
	}
	json_close_array(&w);
	return out->len > before + 1 && out->p[out->len - 1] == ']';
}
