/* SPDX-License-Identifier: MIT */
/* The line that says how far a command has come. */
#include "cgi/command/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define TERMINAL_MS 100
#define FILE_MS 10000
#define CLEAR "\r\33[K"

void progress_init(struct progress *p, const char *what)
{
	*p = (struct progress){ .what = what,
				.terminal = isatty(STDERR_FILENO) == 1,
				.shown_at = clock_ms() };
}

void progress_show(struct progress *p, int64_t done, int64_t whole)
{
	int64_t now = clock_ms();

	if (now - p->shown_at < (p->terminal ? TERMINAL_MS : FILE_MS))
		return;
	p->shown_at = now;
	p->any = true;
	fprintf(stderr, "%s%" PRId64, p->terminal ? CLEAR : "", done);
	if (whole > 0)
		fprintf(stderr, " of %" PRId64, whole);
	fprintf(stderr, " %s%s", p->what, p->terminal ? "" : "\n");
}

void progress_end(struct progress *p)
{
	if (p->terminal && p->any)
		fputs(CLEAR, stderr);
}
