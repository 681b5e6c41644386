/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_FILES_H
#define UPSTREAM_WEB_FILES_H

#include "upstream/web/turn.h"

/*
 * Brings the files of all messages that the chat does not know to Kimi, waits
 * until Kimi has read them, and fills the turn's attachments. Files that are
 * there already are known by notes and used again. `chat` is the id of the
 * legacy chat, NULL for the current protocol. False and a filled error; the
 * turn's `unknown` if the host does not know the protocol.
 */
bool web_files_bring(struct web_turn *t, enum web_protocol protocol,
		     const char *chat);

#endif
