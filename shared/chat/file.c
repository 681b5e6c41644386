/* SPDX-License-Identifier: MIT */
/* Names of files that have none. */
#include "chat/file.h"

#include <string.h>

#include "base/file_name.h"
#include "chat/media_type.h"

#define LONGEST 255

const char *chat_file_name(struct arena *a, const char *raw, const char *type)
{
	char *name = raw == NULL ? NULL : arena_copy(a, raw);

	if (name != NULL)
		file_name_clean(name);
	if (name == NULL || *name == '\0')
		return arena_printf(a, "file%s", media_type_ending(type));
	if (strlen(name) > LONGEST) {
		name[LONGEST] = '\0';
		file_name_clean(name);
	}
	return name;
}
