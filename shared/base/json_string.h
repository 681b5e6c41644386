/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_STRING_H
#define BASE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

/* A place in a JSON text that comes in pieces; starts as zeros. */
struct json_string {
	bool inside;  /* a string */
	bool escaped; /* after its backslash */
};

/*
 * Goes through a piece and returns how many of its bytes come before a control
 * character in a string, which JSON has only as an escape; `n` if there is
 * none. The character itself changes nothing: go on after it.
 */
size_t json_string_control(struct json_string *s, const char *p, size_t n);

#endif
