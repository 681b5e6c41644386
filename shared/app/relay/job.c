/* SPDX-License-Identifier: MIT */
/* Who asks for what. */
#include "app/relay/job_internal.h"

void job_debug(const struct job *j, const char *step, const char *detail)
{
	log_line(&j->x->app->log, LOG_DEBUG, j->x->id, step, "%s", detail);
}
