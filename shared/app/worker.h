/* SPDX-License-Identifier: MIT */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include "app/app_list.h"
#include "http/client.h"
#include "http/gateway.h"

/* Serves one request at a time; what is expensive to create is reused for the
 * next. */
struct worker {
	struct worker *next; /* for callers that keep a list */
	struct app_list *apps;
	struct arena arena;
	struct http_client http; /* with its live connections */
};

void worker_init(struct worker *w, struct app_list *apps);
void worker_fini(struct worker *w);

/* Answers one request, whatever it is. */
void worker_serve(struct worker *w, const struct gateway *g);

/* Answers one request with an error; needs no worker. */
void worker_refuse(struct app_list *apps, const struct gateway *g,
		   const struct error *why);

#endif
