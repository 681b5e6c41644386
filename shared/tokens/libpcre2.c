/* SPDX-License-Identifier: MIT */
/* PCRE2 as a table of functions, loaded on first use. */
#include "tokens/libpcre2.h"

#include "base/library.h"

bool libpcre2_load(struct libpcre2 *api, struct error *e)
{
	void *library = library_open("libpcre2-8.so.0", "PCRE2", e);
	bool ok = library != NULL;

#define LIBPCRE2_FIND(name)                                                    \
	ok = ok && library_find(library, "pcre2_" #name "_8", &api->name, e);
	LIBPCRE2_FUNCTIONS(LIBPCRE2_FIND)
#undef LIBPCRE2_FIND
	return ok;
}
