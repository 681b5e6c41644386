/* SPDX-License-Identifier: MIT */
/* Deletes what the owner does not keep, between requests. */
#include "app/pruning.h"

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))

struct store_retention app_retention(const struct app *app)
{
	return (struct store_retention){
		.keep_ms = app->config.keep_days * DAY_MS,
		.max_bytes = app->config.max_db,
	};
}

/* NULL: no request has needed it. */
static struct store *open_store(struct app *app)
{
	struct store *store;

	pthread_mutex_lock(&app->store_lock);
	store = app->store;
	pthread_mutex_unlock(&app->store_lock);
	return store;
}

bool app_prune_is_due(struct app *app)
{
	struct store *store = open_store(app);

	return store != NULL && store_prune_is_due(store);
}

void app_prune(struct app *app)
{
	const struct store_retention rules = app_retention(app);
	struct store *store = open_store(app);

	if (store != NULL)
		store_prune(store, &rules);
}
