/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_CODE_FENCE_H
#define EMULATE_CODE_FENCE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Follows a Markdown text, in pieces, and knows whether the next byte is in a
 * fenced code block (CommonMark 4.5: ``` or ~~~, three or more; here at any
 * indentation).
 */
struct code_fence {
	char kind;     /* of the open fence */
	size_t length; /* in characters; 0: none is open */

	/* The line so far. */
	enum code_fence_place {
		CODE_FENCE_INDENT,
		CODE_FENCE_RUN,	  /* in a run that may be a fence */
		CODE_FENCE_AFTER, /* after it */
		CODE_FENCE_TEXT,
	} place;
	char run_kind;
	size_t run;
	bool only_blanks; /* after the run */
};

void code_fence_text(struct code_fence *f, const char *p, size_t n);

/* From the characters that open a block to the end of the line closing it. */
bool code_fence_inside(const struct code_fence *f);

#endif
