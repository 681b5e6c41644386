/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_QUOTED_H
#define SUPPORT_QUOTED_H

#include "base/arena.h"
#include "base/json.h"

/* JSON that is written with ' for ", as text and as a tree. */
const char *quoted(struct arena *a, const char *json);
const cJSON *quoted_tree(struct arena *a, const char *json);

#endif
