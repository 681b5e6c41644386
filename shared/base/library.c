/* SPDX-License-Identifier: MIT */
/* Shared libraries that are loaded at run time. */
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/descriptors.h"

/* The loader has no errno for it. */
static bool is_want_of_memory(const char *why)
{
	return why != NULL && (strstr(why, "failed to map") != NULL ||
			       strstr(why, "cannot allocate") != NULL ||
			       strstr(why, strerror(ENOMEM)) != NULL);
}

void *library_open(const char *file, const char *package, struct error *e)
{
	/* Most of what a library and those it needs look up is never called. */
	void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
	const char *why;

	if (library != NULL)
		return library;
	why = dlerror();
	if (descriptors_exhausted())
		descriptors_error(e);
	else if (is_want_of_memory(why))
		error_set(e, ERROR_FULL,
			  "This server is out of memory: %s cannot be loaded. "
			  "Try again later.",
			  file);
	else
		error_set(e, ERROR_SETUP,
			  "%s cannot be loaded. Is %s installed?", file,
			  package);
	return NULL;
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
