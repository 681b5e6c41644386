/* SPDX-License-Identifier: MIT */
/* `conversation export`. */
#include "cgi/command/conversation_export.h"

#include <string.h>
#include <unistd.h>

#include "app/conversation_export.h"
#include "cgi/command/key.h"
#include "cgi/command/progress.h"

/* Of one conversation. */
#define MOST (INT64_C(1) << 30)

const struct command_option conversation_export_options[] = {
	{ "all", NULL, "all conversations instead of one" },
	{ "format", "json|jsonl|markdown",
	  "everything, a line each for fine-tuning, or to be read (default: "
	  "json)" },
	{ "key", "KEY", "only those of this API key" },
	{ "with-reasoning", NULL, "also in jsonl what the model thought" },
	{ NULL, NULL, NULL },
};

struct export_run {
	struct command *command;
	int64_t key; /* 0: all */
	struct conversation_export export;
	struct arena arena; /* of one conversation */
	struct buf out;
};

static enum export_format format_of(const struct options *o)
{
	const char *format = option_text(o, "format");

	if (format == NULL || strcmp(format, "json") == 0)
		return EXPORT_JSON;
	return strcmp(format, "jsonl") == 0 ? EXPORT_JSONL : EXPORT_MARKDOWN;
}

static bool write_out(struct export_run *r, struct error *e)
{
	const char *p = buf_text(&r->out);
	size_t left = r->out.len;

	while (left > 0) {
		ssize_t n = write(STDOUT_FILENO, p, left);

		if (n < 0)
			return error_set(e, ERROR_INTERNAL,
					 "Not everything could be written to "
					 "standard output.");
		p += n;
		left -= (size_t)n;
	}
	buf_clear(&r->out);
	return true;
}

static bool add(struct export_run *r, const struct archived_conversation *c,
		struct error *e)
{
	bool ok = conversation_export_add(&r->export, r->command->store, c,
					  &r->out, &r->arena, e) &&
		  write_out(r, e);

	arena_reset(&r->arena);
	return ok;
}

/* One that is deleted or changed meanwhile is as it is then. */
static bool add_all(struct export_run *r, struct error *e)
{
	struct archived_conversation c = { .conversation.row = 0 };
	int64_t n = 0;
	struct progress progress;

	progress_init(&progress, "conversations");
	for (;;) {
		if (!store_archive_after(r->command->store, c.conversation.row,
					 &c, &r->command->arena, e))
			return false;
		if (c.conversation.row == 0)
			break;
		if (r->key != 0 && r->key != c.conversation.key_row)
			continue;
		if (!add(r, &c, e) && e->kind != ERROR_NOT_FOUND)
			return false;
		progress_show(&progress, ++n, 0);
	}
	progress_end(&progress);
	return true;
}

static bool add_one(struct export_run *r, struct error *e)
{
	struct archived_conversation c;
	struct options *o = &r->command->options;

	return store_archive_find(r->command->store, argument(o, 0), r->key, &c,
				  &r->command->arena, e) &&
	       add(r, &c, e);
}

static bool export_run(struct export_run *r, bool all, struct error *e)
{
	if (!key_option(r->command, &r->key, e))
		return false;
	conversation_export_begin(&r->export, &r->out);
	if (!(all ? add_all(r, e) : add_one(r, e)))
		return false;
	conversation_export_end(&r->export, &r->out);
	return write_out(r, e);
}

enum command_exit conversation_export(struct command *c)
{
	struct export_run r = {
		.command = c,
		.export = { .format = format_of(&c->options),
			    .reasoning = option_given(&c->options,
						      "with-reasoning") },
	};
	bool all = option_given(&c->options, "all"), ok;
	struct error e;

	if (all == (argument(&c->options, 0) != NULL)) {
		error_set(&e, ERROR_VALUE,
			  "Name one conversation, or give --all.");
		return command_fail(&e);
	}
	arena_init(&r.arena);
	buf_init(&r.out, MOST);
	ok = export_run(&r, all, &e);
	buf_fini(&r.out);
	arena_fini(&r.arena);
	return ok ? COMMAND_DONE : command_fail(&e);
}
