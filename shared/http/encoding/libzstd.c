/* SPDX-License-Identifier: MIT */
/* Zstandard as a table of functions, loaded on first use. */
#include "http/encoding/libzstd.h"

#include "base/library.h"

bool libzstd_load(struct libzstd *api, struct error *e)
{
	void *library = library_open("libzstd.so.1", "Zstandard", e);
	bool ok = library != NULL;

#define LIBZSTD_FIND(name)                                                     \
	ok = ok && library_find(library, "ZSTD_" #name, &api->name, e);
	LIBZSTD_FUNCTIONS(LIBZSTD_FIND)
#undef LIBZSTD_FIND
	return ok;
}
