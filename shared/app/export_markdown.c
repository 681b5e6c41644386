/* SPDX-License-Identifier: MIT */
/* Conversations as Markdown. */
#include "app/conversation_export_internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

#define SHORTEST_FENCE 3

/* The longest run of them in a text. */
static size_t longest_run(const char *text, char c)
{
	size_t longest = 0, run = 0;

	for (; *text != '\0'; text++) {
		run = *text == c ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void put_run(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_put(out, '`');
}

/* By a fence that is longer than any in it. */
static void put_fenced(struct buf *out, const char *language, const char *text)
{
	size_t fence = longest_run(text, '`') + 1;
	size_t n = strlen(text);

	if (fence < SHORTEST_FENCE)
		fence = SHORTEST_FENCE;
	put_run(out, fence);
	buf_printf(out, "%s\n", language);
	buf_puts(out, text);
	if (n == 0 || text[n - 1] != '\n')
		buf_put(out, '\n');
	put_run(out, fence);
	buf_puts(out, "\n\n");
}

static void put_details(struct buf *out, const char *title, const char *name,
			const char *language, const char *text)
{
	buf_printf(out, "<details><summary>%s%s</summary>\n\n", title,
		   name == NULL ? "" : name);
	put_fenced(out, language, text);
	buf_puts(out, "</details>\n\n");
}

/* In a text that could be taken for what is around it, nothing is Markdown. */
static bool is_confusing(const char *text)
{
	size_t fences = 0;

	for (const char *line = text; line != NULL;) {
		const char *p = line + strspn(line, " ");

		if (strncmp(p, "## ", 3) == 0 ||
		    strncmp(p, "<details>", 9) == 0 ||
		    strncmp(p, "</details>", 10) == 0)
			return true;
		if (strncmp(p, "```", 3) == 0 || strncmp(p, "~~~", 3) == 0)
			fences++;
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	return fences % 2 != 0;
}

static void put_text(struct buf *out, const char *text)
{
	if (is_confusing(text))
		put_fenced(out, "markdown", text);
	else
		buf_printf(out, "%s\n\n", text);
}

static void put_parts(struct buf *out, const struct chat_message *m)
{
	static const char *const kinds[] = {
		[CHAT_PART_TEXT] = "text",
		[CHAT_PART_IMAGE] = "image",
		[CHAT_PART_VIDEO] = "video",
		[CHAT_PART_FILE] = "file",
	};

	for (size_t i = 0; i < m->n_parts; i++) {
		const struct chat_part *p = &m->parts[i];

		if (p->kind == CHAT_PART_TEXT)
			put_text(out, p->text == NULL ? "" : p->text);
		else
			buf_printf(out, "*(%s%s%s)*\n\n", kinds[p->kind],
				   p->name != NULL || p->id != NULL ? ": " : "",
				   p->name != NULL ? p->name :
				   p->id != NULL   ? p->id :
						     "");
	}
}

static const char *date_of(int64_t ms, struct arena *a)
{
	char *date = arena_alloc(a, CLOCK_DATE_SIZE);

	clock_date(ms, date);
	return date;
}

static void put_message(struct buf *out, const struct chat_message *m,
			struct arena *a)
{
	buf_printf(out, "## %s\n\n", chat_role_name(m->role));
	if (m->reasoning != NULL)
		put_details(out, "reasoning", NULL, "text", m->reasoning);
	if (m->role == CHAT_TOOL)
		put_details(out, "result of ",
			    m->call_id == NULL ? "a tool" : m->call_id, "text",
			    chat_message_text(m, a));
	else
		put_parts(out, m);
	for (size_t i = 0; i < m->n_calls; i++)
		put_details(out, "call of ", m->calls[i].name, "json",
			    m->calls[i].arguments);
	for (size_t i = 0; i < m->n_cited; i++)
		buf_printf(out, "- <%s>\n", m->cited[i].citation.url);
	if (m->n_cited > 0)
		buf_put(out, '\n');
}

void export_markdown(struct buf *out, const struct archived_conversation *c,
		     const struct chat_message *messages, size_t n,
		     struct arena *a)
{
	buf_printf(out,
		   "# %s\n\n"
		   "| | |\n|---|---|\n"
		   "| API key | %s |\n"
		   "| model | %s |\n"
		   "| started | %s |\n"
		   "| last turn | %s |\n"
		   "| tokens | %" PRId64 " |\n\n",
		   c->conversation.name, c->key,
		   c->model == NULL ? "" : c->model,
		   date_of(c->conversation.created_ms, a),
		   date_of(c->updated_ms, a), c->tokens);
	for (size_t i = 0; i < n; i++)
		put_message(out, &messages[i], a);
}
