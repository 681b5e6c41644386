/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_TERMINAL_H
#define COMMAND_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* What is at the other end of a descriptor. */
struct terminal {
	bool is_one; /* false: a file or a pipe */
	bool utf8;   /* it is known to show more than ASCII */
	bool ascii;  /* it is known to show no UTF-8 */
	bool color;
	int width; /* columns; INT_MAX where it is no terminal */
};

/*
 * `color` is "always", "never" or, which is also the case for NULL, "auto": if
 * it is a terminal and there is no NO_COLOR. Sets the locale of the process,
 * which the widths of characters depend on: call it once, before all others.
 */
void terminal_init(struct terminal *t, int fd, const char *color);

/* Columns that `n` bytes of UTF-8 take: two for each Han character. */
int terminal_columns(const char *s, size_t n);

/* How many bytes of whole characters fit `columns`. */
size_t terminal_fit(const char *s, size_t n, int columns);

/*
 * The text as one line that cannot do anything to a terminal: white space
 * becomes a blank, what would control it U+FFFD ("?" where that is not known to
 * show). Other characters stay, unless it is known that they would not show.
 */
const char *terminal_harmless(const struct terminal *t, struct arena *a,
			      const char *s);

#endif
