/* SPDX-License-Identifier: MIT */
#ifndef FCGI_SIGNALS_H
#define FCGI_SIGNALS_H

/*
 * Blocks the signals that would end or disturb this process, in this thread and
 * those it starts, and returns a descriptor that is readable when one is
 * pending; -1 if the system refuses. From here on SIGTERM waits to be read, so
 * call it before anyone can connect.
 */
int signals_open(void);

enum signals_wish {
	SIGNALS_NOTHING,
	SIGNALS_RELOAD, /* SIGHUP */
	SIGNALS_STOP,	/* SIGTERM, SIGINT */
};

/* Reads what is pending, and returns the most that was asked for. */
enum signals_wish signals_read(int fd);

#endif
