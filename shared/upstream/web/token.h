/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_TOKEN_H
#define UPSTREAM_WEB_TOKEN_H

#include "upstream/upstream.h"

/*
 * Renews an access token. A refresh token is used up by its first use, so it
 * is sent again, to another host or in the legacy way, only if the reply shows
 * that it was not used, or nothing of the request was sent.
 */
bool web_token_renew(struct upstream_call *call, const char *refresh,
		     struct access_token *access);

#endif
