/* SPDX-License-Identifier: MIT */
#ifndef APP_CONFIG_SEARCH_H
#define APP_CONFIG_SEARCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct config_found {
	const char *path; /* NULL: there is none */
	bool refused;	  /* it is there, but must not be read: … */
	const char
		*why_refused; /* … for this reason, which the log may have; */
	struct error error;   /* this is what anybody may be told */
};

/*
 * Finds the configuration file of a program that nobody told: the one that
 * KIMI_CONFIG names in the environment, else the first that exists of
 *
 *     kimi.conf                       next to the program
 *     ../kimi-private/kimi.conf       from there
 *     ../../kimi-private/kimi.conf    from there
 *     ~/kimi-private/kimi.conf        of the user that the program runs as
 *
 * Those in kimi-private must belong to this user alone and be outside the
 * document root: whoever can put a file there is not known.
 */
void config_search(struct config_found *f, struct arena *a);

/* The folder of the file `path` or, if that is NULL, of this program. */
const char *config_folder(struct arena *a, const char *path);

#endif
