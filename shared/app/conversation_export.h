/* SPDX-License-Identifier: MIT */
#ifndef APP_CONVERSATION_EXPORT_H
#define APP_CONVERSATION_EXPORT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "store/archive.h"

enum export_format {
	EXPORT_JSON,  /* everything that there is, by a version */
	EXPORT_JSONL, /* a line each, in the form that models are tuned with */
	EXPORT_MARKDOWN, /* to be read */
};

/* How conversations are written, one behind the other. */
struct conversation_export {
	enum export_format format;
	bool reasoning; /* also in EXPORT_JSONL; the others have it anyway */
	bool any;	/* one was written */
};

/* What stands before and behind all of them. */
void conversation_export_begin(const struct conversation_export *x,
			       struct buf *out);
void conversation_export_end(const struct conversation_export *x,
			     struct buf *out);

/* Appends a conversation, read from the store. ERROR_TOO_LARGE if it does not fit
 * in the buffer. */
bool conversation_export_add(struct conversation_export *x, struct store *s,
			     const struct archived_conversation *c,
			     struct buf *out, struct arena *a, struct error *e);

#endif
