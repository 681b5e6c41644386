/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_ERROR };

struct log {
	int fd;
	bool debug; /* without it LOG_DEBUG lines are dropped */
};

/*
 * Writes one line, in one write: UTC time, level, request id ("-" for none),
 * event, text. Line breaks in the text become blanks and what looks like a
 * secret is redacted, but callers never pass one.
 */
void log_line(const struct log *log, enum log_level level, const char *id,
	      const char *event, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Logs to the end of the file at `path`, made with mode 0600. */
bool log_open(struct log *log, const char *path);

#endif
