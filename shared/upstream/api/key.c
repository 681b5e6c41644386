/* SPDX-License-Identifier: MIT */
/* What keys of Kimi's APIs look like. */
#include "upstream/api/key.h"

#include <ctype.h>
#include <string.h>

#define PREFIX "sk-"
#define CODE_PREFIX "sk-kimi-"
#define SHORTEST 24

bool key_is_any(const char *secret)
{
	return strncmp(secret, PREFIX, strlen(PREFIX)) == 0;
}

bool key_is_code(const char *secret)
{
	return strncmp(secret, CODE_PREFIX, strlen(CODE_PREFIX)) == 0;
}

bool key_plausible(const char *secret)
{
	size_t n = strlen(secret);
	size_t start = strlen(key_is_code(secret) ? CODE_PREFIX : PREFIX);

	if (!key_is_any(secret) || n < SHORTEST)
		return false;
	for (size_t i = start; i < n; i++)
		if (!isalnum((unsigned char)secret[i]))
			return false;
	return true;
}
