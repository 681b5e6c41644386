/* SPDX-License-Identifier: MIT */
/* Names of files that clients send. */
#include "base/file_name.h"

#include <string.h>

#include "base/utf8.h"

void file_name_clean(char *name)
{
	char *out = name;

	for (const char *p = name; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			out = name;
		else if ((unsigned char)*p >= 0x20 && *p != 0x7F)
			*out++ = *p;
	*out = '\0';
	name[utf8_whole(name, strlen(name))] = '\0';
	utf8_repair(name);
}
