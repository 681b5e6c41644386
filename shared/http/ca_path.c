/* SPDX-License-Identifier: MIT */
/* Where the system keeps the CA certificates. */
#include "http/ca_path.h"

#include <dirent.h>
#include <string.h>

#define CA_DIRECTORY "/etc/ssl/certs"

const char *ca_path_of_system(void)
{
	DIR *directory = opendir(CA_DIRECTORY);
	const char *found = NULL;
	struct dirent *entry;

	if (directory == NULL)
		return NULL;
	while (found == NULL && (entry = readdir(directory)) != NULL) {
		size_t n = strlen(entry->d_name);

		if (n == 10 && strcmp(entry->d_name + 8, ".0") == 0)
			found = CA_DIRECTORY;
	}
	closedir(directory);
	return found;
}
