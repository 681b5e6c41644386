/* SPDX-License-Identifier: MIT */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include <stdbool.h>

#include "base/error.h"

/*
 * A shared library that is loaded at run time and stays loaded to the end:
 * linking it would make every CGI process start slower, and most requests need
 * none. `file` is its soname, `package` what people call it. NULL with
 * ERROR_SETUP if it is missing, ERROR_FULL if there is no memory or no descriptor
 * for it.
 */
void *library_open(const char *file, const char *package, struct error *e);

/* Fills `function`, the address of a function pointer, with the function of
 * that name. False with ERROR_SETUP if the library has none. */
bool library_find(void *library, const char *name, void *function,
		  struct error *e);

#endif
