/* SPDX-License-Identifier: MIT */
/* The files that keys have uploaded. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "peer.h"
#include "platform_file.h"

void platform_file_free(struct platform_file *file)
{
	free(file->service);
	free(file->key);
	free(file->purpose);
	free(file->name);
	text_fini(&file->bytes);
	free(file);
}

void platform_file_keep(struct fake *fake, struct platform_file *file,
			struct text *json)
{
	struct platform_file **end = &fake->platform_files.first;

	file->created = clock_day_us() / 1000000;
	pthread_mutex_lock(&fake->lock);
	(void)snprintf(file->id, sizeof(file->id), "f-%04x%s",
		       ++fake->platform_files.made & 0xffffu, file->media.hash);
	while (*end)
		end = &(*end)->next;
	*end = file;
	platform_file_json(json, file);
	pthread_mutex_unlock(&fake->lock);
}

struct platform_file **platform_file_find(struct fake *fake,
					  const char *service, const char *key,
					  const char *id)
{
	struct platform_file **link = &fake->platform_files.first;

	for (; *link; link = &(*link)->next)
		if (strcmp((*link)->id, id) == 0 &&
		    strcmp((*link)->service, service) == 0 &&
		    strcmp((*link)->key, key) == 0)
			return link;
	return NULL;
}

bool platform_file_media(const struct ask *ask, const char *id,
			 const char *purpose, struct media *media)
{
	struct platform_file **link;
	bool found;

	pthread_mutex_lock(&ask->fake->lock);
	link = platform_file_find(ask->fake, ask->service, ask->key, id);
	found = link && strcmp((*link)->purpose, purpose) == 0;
	if (found)
		*media = (*link)->media;
	pthread_mutex_unlock(&ask->fake->lock);
	return found;
}

void platform_files_clear(struct platform_files *files)
{
	while (files->first) {
		struct platform_file *file = files->first;

		files->first = file->next;
		platform_file_free(file);
	}
}

void platform_file_json(struct text *json, const struct platform_file *file)
{
	text_printf(json,
		    "{\"id\":\"%s\",\"object\":\"file\",\"bytes\":%zu,"
		    "\"created_at\":%" PRId64 ",\"filename\":",
		    file->id, file->media.size, file->created);
	text_quote_string(json, file->name);
	text_put(json, ",\"purpose\":");
	text_quote_string(json, file->purpose);
	text_put(json, ",\"status\":\"ok\",\"status_details\":\"\"}");
}
