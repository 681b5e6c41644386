/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CHAT_SWEEP_H
#define APP_RELAY_CHAT_SWEEP_H

#include "app/app.h"

/*
 * Deletes at Kimi the chats noted in the app's database that nobody uses (see
 * abandoned_chats.h), as far as they belong to the app's credentials or to
 * those of strangers, whoever left them there. What fails is logged, and left
 * for later. Returns the time of clock_ms() when the next one is due; INT64_MAX:
 * there is none.
 */
int64_t chat_sweep(struct app *app, const struct credential *strangers,
		   size_t n_strangers, struct http_client *http,
		   struct arena *a);

#endif
