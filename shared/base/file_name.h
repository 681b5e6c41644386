/* SPDX-License-Identifier: MIT */
#ifndef BASE_FILE_NAME_H
#define BASE_FILE_NAME_H

/*
 * Cleans the name of a client's file, in place: drops its folders (of either
 * kind of slash) and control characters, and makes it well-formed UTF-8.
 */
void file_name_clean(char *name);

#endif
