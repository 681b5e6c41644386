/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_CITATION_MARKS_H
#define UPSTREAM_WEB_CITATION_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "chat/stream.h"

/*
 * Takes citation marks out of the text of a reply: the sources they refer to
 * become citations at their place. Two kinds are known,
 *
 *	U+E3A0 cite U+E3A3 <refs> U+E3A8	refs as the sources' own keys
 *	[^N^]					source N, counted from 1
 *
 * and a mark disappears even when its source is not known. Refs are separated by
 * blanks, commas, semicolons, bars or marks U+E3A0 to U+E3AF, or not at all.
 *
 * A mark may be cut anywhere. While one may be coming, the text from its first
 * character on is held back, and nothing else is; if it turns out not to be
 * one, or is longer than 512 bytes, it is text. A reply that refers to no known
 * source cites all of them at its end.
 */
#define CITATION_MARK_LIMIT 512

struct citation_marks {
	struct chat_stream *stream;
	struct citation_source *sources, **last_source;
	unsigned numbered; /* sources without a key */
	bool cited;	   /* a mark led to a source */
	char held[CITATION_MARK_LIMIT];
	size_t n_held;
};

void citation_marks_init(struct citation_marks *m, struct chat_stream *stream);

/*
 * A source becomes known; texts are copied. Without a key it gets the next
 * number, unless its URL has a number already. A key that is known stays with
 * its source. A source without a URL is ignored.
 */
void citation_marks_source(struct citation_marks *m, const char *key,
			   const char *url, const char *title);

/* Text of the reply. False when the stream returned false. */
bool citation_marks_text(struct citation_marks *m, const char *p, size_t n);

/* No mark continues after this point: text that is held back is passed on, a
 * part of a mark is dropped. Call it before anything that is not text. */
bool citation_marks_break(struct citation_marks *m);

/* The reply is complete. */
bool citation_marks_end(struct citation_marks *m);

#endif
