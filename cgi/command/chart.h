/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CHART_H
#define COMMAND_CHART_H

#include "cgi/command/output.h"

/* A bar from one value to another, with what it is called before it and what
 * it says behind it. */
struct chart_bar {
	const char *label, *text;
	double from, to; /* not negative */
};

/*
 * Lines with bars, for people only; the greatest `to` takes the width that
 * labels and texts leave; on a narrow terminal texts stand below. Blocks and their eighths on a terminal with UTF-8,
 * "#" elsewhere.
 */
void chart_bars(struct output *o, const struct chart_bar *bars, size_t n);

/* A line of heights for a series of values, which are not negative: as many of
 * the last ones as fit. */
void chart_line(struct output *o, const char *label, const double *values,
		size_t n);

#endif
