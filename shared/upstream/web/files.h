/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_FILES_H
#define UPSTREAM_WEB_FILES_H

#include "upstream/web/turn.h"

/*
 * Uploads the files of all messages that the chat does not have, waits until
 * Kimi has processed them, and fills the turn's attachments. Files that were
 * uploaded before are found by notes (note.h) and reused. `chat` is the id of
 * the legacy chat, NULL for the current protocol. False and a filled error; the
 * turn's `unknown` if the host does not know the protocol.
 */
bool web_files_bring(struct web_turn *t, enum web_protocol protocol,
		     const char *chat);

#endif
