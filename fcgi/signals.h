/* SPDX-License-Identifier: MIT */
#ifndef FCGI_SIGNALS_H
#define FCGI_SIGNALS_H

#include <stdbool.h>

/*
 * Blocks the signals that would end or disturb this process, in this thread and
 * those it starts, and returns a descriptor that is readable when one is
 * pending; -1 if the system refuses. From here on SIGTERM waits to be read, so
 * call it before anyone can connect.
 */
int signals_open(void);

/* Reads what is pending. True if SIGTERM or SIGINT was among it. */
bool signals_read_stop(int fd);

#endif
