/* SPDX-License-Identifier: MIT */
#ifndef APP_CONVERSATION_EXPORT_INTERNAL_H
#define APP_CONVERSATION_EXPORT_INTERNAL_H

#include "app/conversation_export.h"

/* One conversation in each form. What the buffer has no room for is in its
 * `full`. */
void export_json(struct buf *out, const struct archived_conversation *c,
		 const struct archived_message *messages, size_t n);
void export_jsonl(struct buf *out, const struct chat_message *messages,
		  size_t n, bool reasoning, struct arena *a);
void export_markdown(struct buf *out, const struct archived_conversation *c,
		     const struct chat_message *messages, size_t n,
		     struct arena *a);

#endif
