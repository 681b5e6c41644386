/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_RETRY_HEADERS_H
#define DIALECT_RETRY_HEADERS_H

#include "base/error.h"
#include "http/response.h"

/* Adds the headers that tell SDKs whether and when to try again; to be called
 * before the body of an error. */
void retry_headers_add(struct response *response, const struct error *e);

#endif
