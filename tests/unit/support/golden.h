/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_GOLDEN_H
#define SUPPORT_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* The formats in which Kimi replies, one folder of recordings each. */
enum golden_wire {
	GOLDEN_WEB_LEGACY,
	GOLDEN_WEB_CURRENT,
	GOLDEN_PLATFORM,
	GOLDEN_CODE_CHAT,     /* Kimi Code's OpenAI flavour */
	GOLDEN_CODE_MESSAGES, /* … and its Anthropic flavour */
	GOLDEN_WIRES,
};

enum golden_dialect {
	GOLDEN_CHAT,
	GOLDEN_RESPONSES,
	GOLDEN_MESSAGES,
	GOLDEN_DIALECTS,
};

/* What is special about a recording and the request it was made with. */
enum golden_trait {
	GOLDEN_TOOLS = 1 << 0,	  /* the request has two tools */
	GOLDEN_THINKING = 1 << 1, /* … asks for thinking to be shown */
	GOLDEN_SEARCH = 1 << 2,	  /* … for a web search */
	GOLDEN_USAGE = 1 << 3,	  /* … for usage at the end of a stream */

	GOLDEN_BREAKS = 1 << 4,	  /* the connection breaks after the bytes */
	GOLDEN_CUT_CALL = 1 << 5, /* arguments end in the middle: a whole
				   * reply of Messages has {} instead */
	GOLDEN_2_ROUNDS = 1 << 6, /* Kimi is called twice for one reply */
	GOLDEN_FALLBACK = 1 << 7, /* Kimi Code's other flavour replies */
	GOLDEN_NAMES = 1 << 8,	  /* two tools whose names Kimi refuses */
};

struct golden {
	const char *name, *model;
	enum golden_wire wire;
	unsigned traits;
	long status; /* of Kimi's first response; 0: 200 */
};

/* "tests/golden/WIRE/NAME.ENDING" */
const char *golden_path(struct arena *a, const struct golden *g,
			const char *ending);

/* "chat.stream", "messages.whole": the ending of a dialect's golden. */
const char *golden_ending(struct arena *a, enum golden_dialect d, bool stream);

/* The bytes that Kimi sent in the first call. */
const char *golden_bytes(struct arena *a, const struct golden *g, size_t *n);

/* The whole program, with Kimi's side replayed. */
struct golden_site;
struct golden_site *golden_open(struct arena *a, const struct golden *g);

/* Its response, headers and all, with ids and times replaced, when Kimi's
 * bytes come in pieces of `step`; 0: in one. */
char *golden_serve(struct golden_site *s, enum golden_dialect d, bool stream,
		   size_t step);

/* What the dialects receive: the service's adapter and what emulates the rest,
 * without site or store. Quick enough to be done for every byte. */
struct golden_player;
struct golden_player *golden_player_open(struct arena *a,
					 const struct golden *g);

/*
 * The events as text (chat/event_log.h) when the bytes of the first call come
 * in two pieces cut at `cut`, or in pieces of `step`, or whole (both 0). Valid
 * until the next call.
 */
const char *golden_player_events(struct golden_player *p, size_t cut,
				 size_t step);

/* From now on Kimi sends these bytes in the first call, which are borrowed. */
void golden_player_send(struct golden_player *p, const char *bytes, size_t n);

#endif
