/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CREDENTIAL_REPORTS_H
#define COMMAND_CREDENTIAL_REPORTS_H

#include "app/relay/credential_report.h"
#include "cgi/command/output.h"

/* In a group: a table of the credentials, one of what is left of their accounts
 * and, for people, a sentence about each that has something wrong. */
void credential_reports_print(struct output *o,
			      const struct credential_report *list, size_t n);

/* Whether none has anything wrong; a paused one has not. */
bool credential_reports_are_well(const struct credential_report *list,
				 size_t n);

#endif
