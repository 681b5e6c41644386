/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/log_entry.h"

/* How lines look: words for people, or one JSON object each. */
enum log_format { LOG_TEXT, LOG_JSON };

struct log {
	int fd;
	bool debug; /* false: LOG_DEBUG lines are dropped */
	enum log_format format;
	struct log_file *file; /* NULL: it was not opened by log_open */
};

/*
 * Writes one line with one write(2): UTC time, level, request id (NULL: "-" or
 * null), event, text. Lines of text are cut after 1024 bytes, in JSON the texts
 * are. Control characters become blanks. Anything that looks like a secret is
 * redacted, but callers never pass one.
 */
void log_line(const struct log *log, enum log_level level, const char *id,
	      const char *event, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* The same of an entry, which may have fields; its time is now. */
void log_write(const struct log *log, const struct log_entry *entry);

/*
 * Lines go to what `path` names, as log_target.h says; the first one makes the
 * file. Once it is moved away or removed, they go to a new one of that name
 * within a second. While it cannot be opened, they go to where they went before
 * or, at first, to standard error: that is why it returns false.
 */
bool log_open(struct log *log, const char *path, struct error *e);

/* Whether lines get there now; else why not. */
bool log_check(const struct log *log, struct error *e);

/* Undoes log_open, if that was called. */
void log_close(struct log *log);

#endif
