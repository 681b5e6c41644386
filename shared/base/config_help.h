/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONFIG_HELP_H
#define BASE_CONFIG_HELP_H

#include <stdbool.h>
#include <stddef.h>

/* A setting as people see it. */
struct config_help {
	const char *group, *name, *help;
	const char *fallback; /* NULL: none, or the help says it */
	const char *example;  /* where there is no fallback; or NULL */
	bool secret;	      /* its value is a list of secrets */
};

/* Describes the setting at `index`, in the order of groups; false past the
 * last one. */
bool config_help_find(size_t index, struct config_help *d);

/* A name that earlier versions had, and what became of it; likewise. */
bool config_help_retired(size_t index, const char **name, const char **instead);

/* Prints all settings by group, for --help. */
void config_help_print(int fd);

#endif
