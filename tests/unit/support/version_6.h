/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SUPPORT_VERSION_6_H
#define TESTS_UNIT_SUPPORT_VERSION_6_H

#include "base/arena.h"

/* The path of a new database file of version 6 of the schema, with rows in every
 * table. */
const char *version_6_file(struct arena *a);

#endif
