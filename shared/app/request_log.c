/* SPDX-License-Identifier: MIT */
/* The line of the log that each request leaves. */
#include "app/request_log.h"

#include "app/auth.h"
#include "base/clock.h"
#include "base/text.h"

#define MOST_FIELDS 16
#define METHOD_SIZE 16
#define PATH_SIZE 100
#define NOTE_SIZE 300

struct line {
	struct log_field fields[MOST_FIELDS];
	size_t n;
};

static struct log_field *add_text(struct line *l, const char *name,
				  const char *text)
{
	struct log_field *f = &l->fields[l->n++];

	*f = (struct log_field){ .name = name,
				 .text = text == NULL ? "" : text };
	return f;
}

static struct log_field *add_number(struct line *l, const char *name, int64_t n)
{
	struct log_field *f = &l->fields[l->n++];

	*f = (struct log_field){ .name = name, .number = n };
	return f;
}

/* Queries may hold keys and are not logged. Paths are the client's and may
 * name conversations: they are logged, but cut. */
static const char *path_of(const struct exchange *x)
{
	const char *path = x->request.n_paths > 0 ? x->request.paths[0] : "?";

	return *path == '\0' ? "/" : text_cut(x->arena, path, PATH_SIZE);
}

static void add_request(struct line *l, const struct exchange *x)
{
	struct log_field *ms;

	add_text(l, "method",
		 text_cut(x->arena, x->request.method, METHOD_SIZE))
		->bare = true;
	add_text(l, "path", path_of(x))->bare = true;
	add_number(l, "status", x->response.status)->bare = true;
	ms = add_number(l, "ms", clock_ms() - x->started_ms);
	ms->bare = ms->ms = true;
}

/* What the owner calls it. */
static const char *name_of(const struct caller *caller)
{
	return caller->key.name != NULL ? caller->key.name : caller->label;
}

static void add_client(struct line *l, const struct exchange *x)
{
	const struct caller *sender = auth_sender(x);

	if (x->client != NULL)
		add_text(l, "client", x->client);
	if (sender != NULL)
		add_text(l, "key", name_of(sender));
}

static void add_usage(struct line *l, const struct exchange_facts *f)
{
	const struct store_cost *cost = &f->cost;

	if (f->usage.source == CHAT_USAGE_NONE)
		return;
	add_number(l, "prompt_tokens", f->usage.prompt);
	add_number(l, "completion_tokens", f->usage.completion);
	if (cost->currency == NULL)
		return;
	add_number(l, "cost", cost->nano)->nanos = true;
	add_text(l, "currency", cost->currency);
}

static void add_facts(struct line *l, const struct exchange_facts *f)
{
	add_text(l, "model", f->model);
	if (f->credential != NULL)
		add_text(l, "credential", f->credential);
	if (f->first_token_ms >= 0)
		add_number(l, "first_token_ms", f->first_token_ms);
	add_usage(l, f);
}

void request_log_write(const struct exchange *x)
{
	struct line l = { .n = 0 };
	const char *note = x->note;

	add_request(&l, x);
	add_client(&l, x);
	if (x->facts != NULL)
		add_facts(&l, x->facts);
	if (note != NULL)
		note = text_cut(x->arena, note, NOTE_SIZE);
	log_write(&x->app->log, &(struct log_entry){ .level = LOG_INFO,
						     .id = x->id,
						     .event = "request",
						     .fields = l.fields,
						     .n_fields = l.n,
						     .text = note });
}
