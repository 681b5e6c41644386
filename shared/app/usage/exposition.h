/* SPDX-License-Identifier: MIT */
#ifndef APP_USAGE_EXPOSITION_H
#define APP_USAGE_EXPOSITION_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Writes Prometheus' text format, version 0.0.4: families of samples, each with
 * a number. https://prometheus.io/docs/instrumenting/exposition_formats/
 */
struct exposition {
	struct buf *out;    /* borrowed; look at `full` in the end */
	const char *family; /* its name */
};

/* One without a value is left out, as an empty one means the same. A list of
 * labels ends with one without a name. */
struct exposition_label {
	const char *name, *value;
};

#define EXPOSITION_LABELS 8 /* at most */

/* The type is "counter", "gauge" or "histogram"; the samples of the family
 * follow. The name and the help are plain text. */
void exposition_family(struct exposition *x, const char *name, const char *type,
		       const char *help);

void exposition_sample(struct exposition *x,
		       const struct exposition_label *labels, double value);

/* A family with one sample without labels. */
void exposition_gauge(struct exposition *x, const char *name, const char *help,
		      double value);

/* How long things took: of `count`, so many took at most each bound. */
struct exposition_times {
	const int64_t *bounds_ms, *at_most;
	size_t n;
	int64_t count, sum_ms;
};

void exposition_times(struct exposition *x,
		      const struct exposition_label *labels,
		      const struct exposition_times *t);

#endif
