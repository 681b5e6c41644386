/* SPDX-License-Identifier: MIT */
#ifndef CGI_GATEWAY_H
#define CGI_GATEWAY_H

#include "app/app_list.h"

/* Whether a web server started this process for one request. */
bool cgi_requested(void);

/*
 * Serves the request in the environment and standard input (RFC 3875). Call it
 * before any thread is started. SIGTERM, which web servers send when the client
 * has left, ends the request in good order.
 */
void cgi_serve(struct app_list *apps);

#endif
