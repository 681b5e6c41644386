/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_FILE_H
#define FAKE_PLATFORM_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform_media.h"
#include "text.h"

struct fake;

/* An uploaded file; belongs to a key at a service. */
struct platform_file {
	struct platform_file *next;
	char id[24];
	char *service, *key, *purpose, *name;
	struct text bytes;
	struct media media; /* type, size and hash of any file */
	int64_t created;
};

struct platform_files {
	struct platform_file *first;
	unsigned made;
};

/* Takes the file, fills id and time, and describes it. */
void platform_file_keep(struct fake *fake, struct platform_file *file,
			struct text *json);
void platform_file_free(struct platform_file *file);
/* Under the lock: the link that leads to the file, or NULL. */
struct platform_file **platform_file_find(struct fake *fake,
					  const char *service, const char *key,
					  const char *id);
/* What the file is, if it serves that purpose; takes the lock. */
bool platform_file_media(const struct ask *ask, const char *id,
			 const char *purpose, struct media *media);
/* Under the lock. */
void platform_files_clear(struct platform_files *files);
/* The file as the service describes it. */
void platform_file_json(struct text *json, const struct platform_file *file);

#endif
