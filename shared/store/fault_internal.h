/* SPDX-License-Identifier: MIT */
#ifndef STORE_FAULT_INTERNAL_H
#define STORE_FAULT_INTERNAL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/log.h"

/* Private to the store: the last failure of a connection. */
struct fault {
	int code; /* of SQLite; 0: none */
	struct error why;
};

/*
 * Always false: the error of an SQLite result code, and of the system's errno
 * behind it if `number` is not 0, in words that say what to do, noted in `f`.
 * ERROR_FULL, with a time to try again, is what passes by itself, ERROR_SETUP
 * what the owner has to cure.
 */
bool fault_set(struct fault *f, int code, int number, struct error *e);

/* Always false: somebody else has the database for longer than we wait. */
bool fault_busy(struct error *e);

/* What the log says about a database: one line when a fault begins, one when it
 * is over, however many requests meet it. */
struct fault_log {
	const struct log *log; /* or NULL */
	const char *path;      /* of the database */
	int code;	       /* logged last; 0: it is over */
};

/* At the end of a transaction: what failed in it, or whether it wrote. */
void fault_log(struct fault_log *l, const struct fault *f, bool wrote);

/* Begins a fault that SQLite did not report. */
void fault_log_text(struct fault_log *l, int code, const char *text);

/* Something else that befell it, or that its owner has to do. */
void fault_log_info(const struct fault_log *l, const char *text);
void fault_log_error(const struct fault_log *l, const char *text);

#endif
