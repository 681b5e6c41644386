/* SPDX-License-Identifier: MIT */
/* Prometheus' text format. */
#include "app/usage/exposition.h"

#include <math.h>
#include <stdio.h>

#define MS 1000.0 /* in a second */

void exposition_family(struct exposition *x, const char *name, const char *type,
		       const char *help)
{
	x->family = name;
	buf_printf(x->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		   type);
}

static void put_value(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			buf_puts(out, "\\n");
		else if (*value == '\\' || *value == '"')
			buf_printf(out, "\\%c", *value);
		else
			buf_put(out, *value);
	}
}

static void put_labels(struct buf *out, const struct exposition_label *label)
{
	char before = '{';

	for (; label != NULL && label->name != NULL; label++) {
		if (label->value == NULL || *label->value == '\0')
			continue;
		buf_printf(out, "%c%s=\"", before, label->name);
		put_value(out, label->value);
		buf_put(out, '"');
		before = ',';
	}
	if (before == ',')
		buf_put(out, '}');
}

/* Whole numbers without an exponent, as far as they are exact. */
static void put_number(struct buf *out, double v)
{
	buf_printf(out,
		   v == floor(v) && fabs(v) < 9e15 ? " %.0f\n" : " %.15g\n", v);
}

static void put_sample(struct exposition *x, const char *suffix,
		       const struct exposition_label *labels, double value)
{
	buf_printf(x->out, "%s%s", x->family, suffix);
	put_labels(x->out, labels);
	put_number(x->out, value);
}

void exposition_sample(struct exposition *x,
		       const struct exposition_label *labels, double value)
{
	put_sample(x, "", labels, value);
}

void exposition_gauge(struct exposition *x, const char *name, const char *help,
		      double value)
{
	exposition_family(x, name, "gauge", help);
	exposition_sample(x, NULL, value);
}

/* --- Histograms --- */

static void put_bucket(struct exposition *x,
		       const struct exposition_label *labels, const char *le,
		       int64_t n)
{
	struct exposition_label all[EXPOSITION_LABELS + 1] = { { NULL, NULL } };
	size_t i = 0;

	for (; i < EXPOSITION_LABELS - 1 && labels[i].name != NULL; i++)
		all[i] = labels[i];
	all[i] = (struct exposition_label){ "le", le };
	put_sample(x, "_bucket", all, (double)n);
}

void exposition_times(struct exposition *x,
		      const struct exposition_label *labels,
		      const struct exposition_times *t)
{
	char le[32];

	for (size_t i = 0; i < t->n; i++) {
		snprintf(le, sizeof(le), "%g", (double)t->bounds_ms[i] / MS);
		put_bucket(x, labels, le, t->at_most[i]);
	}
	put_bucket(x, labels, "+Inf", t->count);
	put_sample(x, "_sum", labels, (double)t->sum_ms / MS);
	put_sample(x, "_count", labels, (double)t->count);
}
