/* SPDX-License-Identifier: MIT */
#ifndef APP_USAGE_USAGE_METRICS_H
#define APP_USAGE_USAGE_METRICS_H

#include "app/usage/exposition.h"
#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"

/* Counters and histograms of what all API keys used. */
bool usage_metrics_put(struct exposition *x, struct store *store,
		       struct arena *a, struct error *e);

#endif
