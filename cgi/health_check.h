/* SPDX-License-Identifier: MIT */
#ifndef CGI_HEALTH_CHECK_H
#define CGI_HEALTH_CHECK_H

/*
 * For supervisors that run a program, as containers do: asks the server at
 * `url`, which is that of its /healthz. Returns an exit status: 0 if it is
 * healthy; else 1, and standard error says why.
 */
int health_check(const char *url);

#endif
