/* SPDX-License-Identifier: MIT */
#ifndef HTTP_CA_PATH_H
#define HTTP_CA_PATH_H

/* Where the CA certificates are: in a hashed directory or in one file, or both
 * are NULL. */
struct ca_path {
	const char *directory;
	const char *file;
};

/* `setting` names a directory or a file. */
void ca_path_of_setting(struct ca_path *found, const char *setting);

/*
 * The system's; without any, libcurl may know a place. A directory is preferred: reading a file of all certificates
 * costs each new client about 33 ms and 0.85 MiB.
 */
void ca_path_of_system(struct ca_path *found);

#endif
