/* SPDX-License-Identifier: MIT */
/* Keeps the database where no URL leads. */
#include "app/document_root.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What web servers call the folder: for a request to a folder of its own, as of
 * an alias or a user, Apache passes that in the second. */
static const char *const variables[] = { "DOCUMENT_ROOT",
					 "CONTEXT_DOCUMENT_ROOT" };

/* Both are real paths. */
static bool is_inside(const char *root, const char *path)
{
	size_t n = strlen(root);

	return strncmp(path, root, n) == 0 &&
	       (path[n] == '/' || path[n] == '\0');
}

/* A link inside the root leads out, a name outside may lead in: both count. */
bool document_root_holds(const char *root, const char *path)
{
	char real_root[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";

	if (root == NULL || realpath(root, real_root) == NULL ||
	    strcmp(real_root, "/") == 0)
		return false;
	if (realpath(path, real) != NULL && is_inside(real_root, real))
		return true;
	if (slash != NULL && (size_t)(slash - path) < sizeof(folder)) {
		memcpy(folder, path, (size_t)(slash - path));
		memcpy(folder + (slash - path), "/", 2);
	}
	return realpath(folder, real) != NULL && is_inside(real_root, real);
}

bool document_root_of_cgi_holds(const char *path)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (document_root_holds(getenv(variables[i]), path))
			return true;
	return false;
}

static bool is_known(struct document_roots *d, const char *root)
{
	size_t n = atomic_load(&d->n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(d->outside[i], root) == 0)
			return true;
	return false;
}

/* The texts before `n` never change, so readers need no lock. */
static void add(struct document_roots *d, const char *root)
{
	size_t n;

	if (strlen(root) >= DOCUMENT_ROOT_SIZE ||
	    atomic_flag_test_and_set(&d->adding))
		return; /* it is looked at again next time */
	n = atomic_load(&d->n);
	if (n < DOCUMENT_ROOTS) {
		memcpy(d->outside[n], root, strlen(root) + 1);
		atomic_store(&d->n, n + 1);
	}
	atomic_flag_clear(&d->adding);
}

/* Responses get the message, so it has no path. */
static bool refuse(const char *db_path, bool has_file, struct error *e)
{
	if (access(db_path, F_OK) == 0)
		return error_set(
			e, ERROR_SETUP,
			"The database is inside the document root of the web "
			"server, where others might download it. Move it and "
			"its -wal file to a directory outside, and set KIMI_DB "
			"to its new path, such as "
			"/home/me/kimi-private/kimi.db.");
	if (!has_file)
		return error_set(
			e, ERROR_SETUP,
			"There is no kimi.conf, and without one the database "
			"would be inside the document root of the web server, "
			"where others might download it. Create kimi.conf in a "
			"directory outside, such as /home/me/kimi-private, or "
			"set KIMI_DB to a path outside.");
	return error_set(
		e, ERROR_SETUP,
		"The database would be inside the document root of the web "
		"server, where others might download it. Set KIMI_DB to a path "
		"outside, such as /home/me/kimi-private/kimi.db, or move "
		"kimi.conf to such a directory: the database is made next to "
		"it.");
}

bool document_root_check(struct document_roots *d, const struct http_request *r,
			 const char *db_path, bool has_file, struct error *e)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		const char *root = http_request_header(r, variables[i]);

		if (root == NULL || is_known(d, root))
			continue;
		if (document_root_holds(root, db_path))
			return refuse(db_path, has_file, e);
		add(d, root);
	}
	return true;
}
