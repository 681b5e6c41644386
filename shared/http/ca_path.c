/* SPDX-License-Identifier: MIT */
/* Where the system keeps the CA certificates. */
#include "http/ca_path.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A program that brings its own libcurl cannot ask it for the system's places:
 * those of Debian, Alpine, Arch and SUSE; Fedora and RHEL; NetBSD. */
static const char *const directories[] = {
	"/etc/ssl/certs",
	"/etc/pki/ca-trust/extracted/pem/directory-hash",
	"/etc/openssl/certs",
};

/* Debian, Alpine, Arch, Gentoo; Fedora and RHEL; SUSE; BSD and Alpine;
 * FreeBSD. */
static const char *const files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
	"/usr/local/share/certs/ca-root-nss.crt",
};

static bool is_hashed(const char *path)
{
	DIR *directory = opendir(path);
	bool found = false;
	struct dirent *entry;

	if (directory == NULL)
		return false;
	while (!found && (entry = readdir(directory)) != NULL) {
		size_t n = strlen(entry->d_name);

		found = n == 10 && strcmp(entry->d_name + 8, ".0") == 0;
	}
	closedir(directory);
	return found;
}

void ca_path_of_setting(struct ca_path *found, const char *setting)
{
	struct stat s;
	bool file = stat(setting, &s) == 0 && S_ISREG(s.st_mode);

	found->file = file ? setting : NULL;
	found->directory = file ? NULL : setting;
}

void ca_path_of_system(struct ca_path *found)
{
	const size_t n_directories =
		sizeof(directories) / sizeof(directories[0]);
	const size_t n_files = sizeof(files) / sizeof(files[0]);

	*found = (struct ca_path){ NULL, NULL };
	for (size_t i = 0; i < n_directories; i++) {
		if (!is_hashed(directories[i]))
			continue;
		found->directory = directories[i];
		return;
	}
	for (size_t i = 0; i < n_files && found->file == NULL; i++)
		if (access(files[i], R_OK) == 0)
			found->file = files[i];
}
