/* SPDX-License-Identifier: MIT */
#ifndef BASE_ALLOWED_URL_H
#define BASE_ALLOWED_URL_H

#include <stdbool.h>

/* Whether requests may be sent to the URL: https anywhere, plain http to
 * loopback only. No user, query or fragment. */
bool allowed_url(const char *url);

#endif
