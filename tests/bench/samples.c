/* SPDX-License-Identifier: MIT */
/* Values and their percentiles, and the clocks that give them. */
#include "samples.h"

#include <stdlib.h>
#include <time.h>

void samples_add(struct samples *s, int64_t value)
{
	if (s->n == s->room) {
		s->room = s->room == 0 ? 1024 : s->room * 2;
		s->at = realloc(s->at, s->room * sizeof(*s->at));
		if (s->at == NULL)
			abort();
	}
	s->at[s->n++] = value;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int64_t samples_percentile(struct samples *s, double percent)
{
	size_t i;

	if (s->n == 0)
		return 0;
	qsort(s->at, s->n, sizeof(*s->at), compare);
	i = (size_t)((double)s->n * percent / 100.0);
	return s->at[i < s->n ? i : s->n - 1];
}

void samples_fini(struct samples *s)
{
	free(s->at);
	*s = (struct samples){ 0 };
}

static int64_t read_clock(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_day_us(void)
{
	return read_clock(CLOCK_REALTIME);
}
