/* SPDX-License-Identifier: MIT */
#ifndef CGI_GATEWAY_H
#define CGI_GATEWAY_H

#include "app/app.h"

/* Whether a web server started this process to answer one request. */
bool cgi_requested(void);

/*
 * Serves the request that environment and standard input hold (RFC 3875).
 * Call it before any other thread exists. SIGTERM, which servers send when
 * the client has left, ends the answer in good order.
 */
void cgi_serve(struct app_list *apps);

#endif
