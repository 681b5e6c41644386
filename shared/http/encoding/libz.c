/* SPDX-License-Identifier: MIT */
/* zlib as a table of functions, loaded on first use. */
#include "http/encoding/libz.h"

#include "base/library.h"

bool libz_load(struct libz *api, struct error *e)
{
	void *library = library_open("libz.so.1", "zlib", e);
	bool ok = library != NULL;

#define LIBZ_FIND(name) ok = ok && library_find(library, #name, &api->name, e);
	LIBZ_FUNCTIONS(LIBZ_FIND)
#undef LIBZ_FIND
	return ok;
}
