/* SPDX-License-Identifier: MIT */
/* The log: one line per event. */
#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"

#define LINE_SIZE 1024

static const char *const levels[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_ERROR] = "error",
};

bool log_open(struct log *log, const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	log->fd = fd;
	return true;
}

static size_t put_prefix(char *line, enum log_level level, const char *id,
			 const char *event)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return (size_t)snprintf(line, LINE_SIZE / 2, "%s %s %s %s ", stamp,
				levels[level], id == NULL ? "-" : id, event);
}

void log_line(const struct log *log, enum log_level level, const char *id,
	      const char *event, const char *format, ...)
{
	char line[LINE_SIZE];
	size_t start, n;
	va_list args;

	if (level == LOG_DEBUG && !log->debug)
		return;
	start = put_prefix(line, level, id, event);
	va_start(args, format);
	vsnprintf(line + start, sizeof(line) - 1 - start, format, args);
	va_end(args);
	secret_redact(line + start);
	n = strlen(line);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20)
			line[i] = ' ';
	line[n++] = '\n';
	if (write(log->fd, line, n) < 0)
		return; /* there is nowhere left to report it */
}
