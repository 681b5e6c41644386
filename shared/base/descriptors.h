/* SPDX-License-Identifier: MIT */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

#include <stdbool.h>

#include "base/error.h"

/* Whether this process, or the system, can open no more files and sockets. */
bool descriptors_exhausted(void);

#define DESCRIPTORS_EXHAUSTED                                                  \
	"Too many files and connections are open: raise the limit of this "    \
	"process (ulimit -n)."

/* Says so, with ERROR_FULL and a time to try again. Always false. */
bool descriptors_error(struct error *e);

#endif
