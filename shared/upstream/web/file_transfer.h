/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_FILE_TRANSFER_H
#define UPSTREAM_WEB_FILE_TRANSFER_H

#include "base/json.h"
#include "chat/file.h"
#include "upstream/upload.h"
#include "upstream/web/turn.h"

/* One file on its way to Kimi. */
struct web_file {
	struct web_turn *turn;
	const struct chat_file *file;
	const char *param; /* the client's name for it; or NULL */
	const char *chat;  /* legacy: the id of the chat */
	const char *id;	   /* out: what Kimi calls it */
	bool parsed;	   /* out: there is nothing to wait for */
};

/* How far Kimi is with processing a file. */
enum web_parse { WEB_PARSE_DONE, WEB_PARSE_RUNS, WEB_PARSE_FAILED };

/* A request that has the file's bytes in its body. */
struct web_file_transfer {
	enum web_protocol protocol; /* for the form of errors */
	const char *method, *url, *bearer;
	const struct upload *body;
	bool wants_json;
	const cJSON *json; /* out, if it is wanted, in the arena */
};

/* Sends it. False and a filled error; the turn's `unknown` if the host does
 * not know the protocol. */
bool web_file_transfer_send(struct web_file *f, struct web_file_transfer *t);

#endif
