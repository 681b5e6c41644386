/* SPDX-License-Identifier: MIT */
/* Streams that Kimi serves one after another: in which order, how far apart. */
#include "turns.h"

#include <stdlib.h>

void turns_init(struct turns *t, unsigned n)
{
	t->at = calloc(n, sizeof(*t->at));
	if (t->at == NULL)
		abort();
	t->n = n;
}

void turns_fini(struct turns *t)
{
	free(t->at);
	*t = (struct turns){ 0 };
}

static int compare(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	return (x->first_us > y->first_us) - (x->first_us < y->first_us);
}

void turns_judge(struct turns *t, struct samples *gaps, unsigned *overtaken)
{
	*overtaken = 0;
	for (unsigned i = 0; i < t->n; i++)
		t->at[i].number = i;
	qsort(t->at, t->n, sizeof(*t->at), compare);
	for (unsigned i = 0; i < t->n; i++) {
		*overtaken += t->at[i].number != i;
		if (i > 0)
			samples_add(gaps,
				    t->at[i].first_us - t->at[i - 1].last_us);
	}
}
