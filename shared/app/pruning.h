/* SPDX-License-Identifier: MIT */
#ifndef APP_PRUNING_H
#define APP_PRUNING_H

#include "app/app.h"
#include "store/retention.h"

/* What the settings say about how long texts are kept. */
struct store_retention app_retention(const struct app *app);

/* Whether there is something to look at, which there is every few minutes, and
 * not if the store is not open. */
bool app_prune_is_due(struct app *app);

/* A small step of it (store_prune), for a thread whose client has its answer. */
void app_prune(struct app *app);

#endif
