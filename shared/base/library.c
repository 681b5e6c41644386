/* SPDX-License-Identifier: MIT */
/* Shared libraries that are loaded at run time. */
#include "base/library.h"

#include <dlfcn.h>
#include <stddef.h>

void *library_open(const char *file, const char *package, struct error *e)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		error_set(e, ERROR_SETUP,
			  "%s cannot be loaded. Is %s installed?", file,
			  package);
	return library;
}

bool library_find(void *library, const char *name, void *function,
		  struct error *e)
{
	void *found = dlsym(library, name);

	*(void **)function = found;
	return found != NULL ||
	       error_set(e, ERROR_SETUP,
			 "The installed library lacks the function %s. "
			 "Install a newer version.",
			 name);
}
