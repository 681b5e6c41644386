/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_HOSTS_H
#define UPSTREAM_HOSTS_H

#include "upstream/upstream.h"

/*
 * A service may have several hosts, of which one knows a key (mainland and
 * international accounts). `urls` is the setting. The host that
 * did is noted by credential.
 */

/* The host to begin with. */
const char *hosts_first(struct upstream_call *call,
			const struct config_list *urls);

/* The one to try after `url` refused the key; NULL when all have. `first` is
 * what hosts_first gave. */
const char *hosts_next(const struct config_list *urls, const char *first,
		       const char *url);

/* This host knows the key. */
void hosts_note(struct upstream_call *call, const struct config_list *urls,
		const char *url);

/* The entry of another list at the place that `url` has in `urls`; its first
 * if there is none. */
const char *hosts_beside(const struct config_list *urls, const char *url,
			 const struct config_list *others);

#endif
