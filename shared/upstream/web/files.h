/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_FILES_H
#define UPSTREAM_WEB_FILES_H

#include "upstream/web/service.h"

/*
 * Brings the files of all messages that the chat does not know to Kimi, waits
 * until it has read them, and fills `t->attachments`. What lies there already
 * is known by notes and used again. `chat` is the legacy chat's id (A7, step
 * 3), NULL for the current protocol. False and a filled error: `t->unknown` is
 * set when the host does not know the protocol.
 */
bool web_files_bring(struct web_turn *t, enum web_protocol protocol,
		     const char *chat);

/* --- Inside of it --- */

enum web_parse { WEB_PARSE_DONE, WEB_PARSE_RUNS, WEB_PARSE_FAILED };

/* One file being brought. */
struct web_file {
	struct web_turn *turn;
	const struct chat_file *file;
	const char *param; /* the client's name for it; or NULL */
	const char *chat;  /* legacy */
	const char *id;	   /* out: what Kimi calls it */
	bool parsed;	   /* out: there is nothing to wait for */
};

/* Sends the bytes of a file, by POST or PUT; the JSON of the answer, if that
 * is wanted, in the arena. */
struct web_upload {
	enum web_protocol protocol;
	const char *method, *url, *bearer;
	const struct upload *body;
	bool wants_json;
	const cJSON *json; /* out */
};
bool web_files_send(struct web_file *f, struct web_upload *u);

/* What one protocol does. The second asks how far Kimi is with `f->id`. */
bool web_current_upload(struct web_file *f);
bool web_current_parse(struct web_file *f, enum web_parse *how);
bool web_legacy_upload(struct web_file *f);
bool web_legacy_parse(struct web_file *f, enum web_parse *how);

#endif
