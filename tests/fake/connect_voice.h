/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CONNECT_VOICE_H
#define FAKE_CONNECT_VOICE_H

#include "connect_chat.h"
#include "connect_request.h"
#include "plan.h"

enum connect_block { BLOCK_NONE, BLOCK_THINK, BLOCK_TEXT };

/* One reply: to what, and how far its stream is. */
struct connect_turn {
	struct connect_request request;
	struct connect_place place;
	struct text answer;
	struct text attached;	 /* what its files are */
	unsigned offset;	 /* the last eventOffset */
	unsigned block;		 /* the last block's id */
	enum connect_block kind; /* of the open block */
	int part;		 /* of the scene's `blocks` */
	bool retracted;		 /* the scene's `retract` was sent */
	struct text said;	 /* in the open block */
};

extern const struct voice connect_voice;

/* One message {"op","mask","eventOffset",…}: what is added up to the end is
 * its further members, each with a comma before. `mask` may be NULL. */
size_t connect_event_begin(struct plan *plan, struct connect_turn *turn,
			   const char *op, const char *mask);
void connect_event_end(struct plan *plan, size_t begin);
/* The scene's search, if the request has search on. */
void connect_say_search(struct plan *plan, void *context);
/* Adds marks to the reply that cite each source of the scene's search. */
void connect_cite(const struct scene *scene, struct text *answer);

#endif
