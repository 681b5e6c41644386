/* SPDX-License-Identifier: MIT */
#ifndef FAKE_MULTIPART_H
#define FAKE_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

/* A part of a form. `bytes` leads into the form's body. */
struct form_part {
	char name[64], file[256], type[128]; /* "" if not given */
	const char *bytes;
	size_t length;
};

/* The part of that name in a multipart/form-data body of that content type;
 * false if there is none, or the body is not a complete form. */
bool multipart_find(const struct text *body, const char *type, const char *name,
		    struct form_part *part);

#endif
