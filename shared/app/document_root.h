/* SPDX-License-Identifier: MIT */
#ifndef APP_DOCUMENT_ROOT_H
#define APP_DOCUMENT_ROOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "http/request.h"

/* Whether the file `path`, which need not exist, is inside the folder `root`
 * (NULL: no), by any of their names. The root of the file system holds nothing,
 * as there would be no place outside. */
bool document_root_holds(const char *root, const char *path);

/* The same for those in the environment, where web servers put them for a CGI
 * program. */
bool document_root_of_cgi_holds(const char *path);

#define DOCUMENT_ROOTS 8
#define DOCUMENT_ROOT_SIZE 128

/* Document roots that do not hold the database, so that each is looked at only
 * once. Zeroed, it is empty. Any thread may use it. */
struct document_roots {
	atomic_flag adding;
	atomic_size_t n;
	char outside[DOCUMENT_ROOTS][DOCUMENT_ROOT_SIZE];
};

/* ERROR_SETUP if the web server says that its document root holds the database:
 * it might hand it out. What to do depends on whether there is a configuration
 * file. */
bool document_root_check(struct document_roots *d, const struct http_request *r,
			 const char *db_path, bool has_file, struct error *e);

#endif
