/* SPDX-License-Identifier: MIT */
#ifndef FAKE_FILES_H
#define FAKE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct fake;
struct kept_file;
struct scene;

#define FILE_MAX ((size_t)100 << 20) /* the largest accepted */

enum file_state {
	FILE_EXPECTED, /* its name is known, its bytes are not */
	FILE_ARRIVED,
	FILE_PARSING,
	FILE_READY,
	FILE_FAILED
};

/* What is known of an uploaded file. Strings that are too long are cut. */
struct file {
	char id[24], object[32];
	char name[256], type[128];
	char digest[9]; /* the first hex digits of its SHA-256 */
	size_t size;
	enum file_state state;
};

/* A new file of that user; its name is given, id and object are filled in. */
void file_add(struct fake *fake, const char *owner, struct file *file);
/* Stores that its bytes came; false: nobody expects that object. */
bool file_arrive(struct fake *fake, const char *object, const char *type,
		 const char *bytes, size_t n);
/* These are false if the user has no such file, by its id or object. */
bool file_find(struct fake *fake, const char *owner, const char *name,
	       struct file *file);
/* One step towards FILE_READY, or to where a scene's `parse` leads that came
 * now or earlier. */
bool file_parse(struct fake *fake, const char *owner, const char *name,
		const struct scene *scene, struct file *file);
/* Remembers the scene's `parse`, if it has one. */
void file_fate(struct fake *fake, const char *id, const struct scene *scene);
/* Adds a description of the file; false, with nothing added, unless ready. */
bool file_tell(struct fake *fake, const char *owner, const char *id,
	       struct text *text);
/* Under the lock. */
void files_clear(struct kept_file **files);

#endif
