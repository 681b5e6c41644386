/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_ITEMS_H
#define SUPPORT_ITEMS_H

#include "base/arena.h"
#include "base/error.h"
#include "chat/chat.h"

/* Items of the Responses API, in single quotes, as the messages they are. */
struct items_read {
	struct chat_message *m;
	size_t n;
};

struct items_read items_of(struct arena *a, const char *items);

/* The messages as one line: "user(Hi) assistant[thought](text){id:name:{}}";
 * of items; and of items with the results of their calls in place. */
const char *items_tell(struct arena *a, const struct items_read *r);
const char *items_told(struct arena *a, const char *items);
const char *items_completed(struct arena *a, const char *items);

void items_refused(struct arena *a, const char *items, enum error_kind kind,
		   const char *param);

/* An array of these, up to NULL. */
const char *items_list(struct arena *a, const char *const *items);

#define LIST(...) items_list(*state, (const char *const[]){ __VA_ARGS__, NULL })

#define USER "{'role':'user','content':'Hi'}"
#define SAID(text)                                                             \
	"{'type':'message','role':'assistant','content':"                      \
	"[{'type':'output_text','text':'" text "'}]}"
#define CALL(id)                                                               \
	"{'type':'function_call','call_id':'" id                               \
	"','name':'f','arguments':'{}'}"
#define RESULT(id, text)                                                       \
	"{'type':'function_call_output','call_id':'" id "','output':'" text "'}"
#define THOUGHT(text)                                                          \
	"{'type':'reasoning','id':'rs_1','summary':[{'type':'summary_text',"   \
	"'text':'" text "'}],'content':null}"

#endif
