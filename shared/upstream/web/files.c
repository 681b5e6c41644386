/* SPDX-License-Identifier: MIT */
/* Files for Kimi web: which to upload, and waiting until they are processed. */
#include "upstream/web/files.h"

#include <string.h>

#include "base/clock.h"
#include "upstream/note.h"
#include "upstream/web/current_files.h"
#include "upstream/web/legacy_files.h"

#define PARSE_MS 30000
#define PARSE_STEP_MS 500

static bool upload(struct web_file *f, enum web_protocol protocol)
{
	return protocol == WEB_CURRENT ? web_current_files_upload(f) :
					 web_legacy_files_upload(f);
}

static bool parse(struct web_file *f, enum web_protocol protocol,
		  enum web_parse *how)
{
	return protocol == WEB_CURRENT ? web_current_files_parse(f, how) :
					 web_legacy_files_parse(f, how);
}

/* Each protocol has files of its own. */
static const char *note_of(struct web_file *f, enum web_protocol protocol)
{
	return arena_printf(f->turn->call->arena, "%sfile %s",
			    protocol == WEB_LEGACY ? "legacy " : "",
			    f->file->hash);
}

/* Whether Kimi still has it, completely processed. If not, for whatever reason,
 * it is uploaded again. */
static bool is_at_kimi(struct web_file *f, enum web_protocol protocol)
{
	enum web_parse how;

	f->id = note_find(f->turn->call, note_of(f, protocol));
	return f->id != NULL && parse(f, protocol, &how) &&
	       how == WEB_PARSE_DONE;
}

static bool pause_parse(struct upstream_call *call)
{
	int64_t until = clock_ms() + PARSE_STEP_MS, left;

	while ((left = until - clock_ms()) > 0)
		if (!http_client_wait(call->http, left, call->error))
			return false;
	return true;
}

static bool wait_for_parse(struct web_file *f, enum web_protocol protocol)
{
	struct upstream_call *call = f->turn->call;
	int64_t give_up = clock_ms() + PARSE_MS;
	enum web_parse how = WEB_PARSE_DONE;

	while (!f->parsed) {
		if (!parse(f, protocol, &how))
			return false;
		if (how == WEB_PARSE_DONE)
			return true;
		if (how == WEB_PARSE_FAILED)
			return error_field(call->error, ERROR_VALUE,
					   f->param != NULL ? f->param : "",
					   "Kimi cannot read the file "
					   "'%.64s'.",
					   f->file->name);
		if (clock_ms() >= give_up)
			return error_set(call->error, ERROR_TIMEOUT,
					 "Kimi did not read the file '%.64s' "
					 "within %d seconds.",
					 f->file->name, PARSE_MS / 1000);
		if (!pause_parse(call))
			return false;
	}
	return true;
}

static bool bring(struct web_file *f, enum web_protocol protocol)
{
	if (is_at_kimi(f, protocol))
		return true;
	if (f->id != NULL && f->turn->call->error->kind == ERROR_CLIENT_GONE)
		return false;
	f->turn->unknown = false;
	if (!upload(f, protocol) || !wait_for_parse(f, protocol))
		return false;
	note_save(f->turn->call, note_of(f, protocol), f->id);
	return true;
}

static bool is_attached(const struct web_turn *t, size_t n, const char *hash)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(t->attachments[i].file->hash, hash) == 0)
			return true;
	return false;
}

static bool bring_part(struct web_turn *t, const struct chat_part *part,
		       struct web_attachment *list, enum web_protocol protocol,
		       const char *chat)
{
	struct web_file f = { .turn = t,
			      .file = part->file,
			      .param = part->param,
			      .chat = chat };

	if (part->file == NULL ||
	    is_attached(t, t->n_attachments, part->file->hash))
		return true;
	if (!bring(&f, protocol))
		return false;
	list[t->n_attachments++] =
		(struct web_attachment){ .id = f.id, .file = f.file };
	return true;
}

static size_t count_parts(const struct chat_request *q)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n_messages; i++)
		n += q->messages[i].n_parts;
	return n;
}

bool web_files_bring(struct web_turn *t, enum web_protocol protocol,
		     const char *chat)
{
	const struct chat_request *q = t->request;
	size_t known = q->bookmark.chat == NULL ? 0 : q->bookmark.known;
	struct web_attachment *list =
		arena_array(t->call->arena, count_parts(q), sizeof(*list));

	t->attachments = list;
	t->n_attachments = 0;
	for (size_t i = known; i < q->n_messages; i++)
		for (size_t j = 0; j < q->messages[i].n_parts; j++)
			if (!bring_part(t, &q->messages[i].parts[j], list,
					protocol, chat))
				return false;
	return true;
}
