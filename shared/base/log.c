/* SPDX-License-Identifier: MIT */
/* The log: one line per event. */
#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log_target.h"
#include "base/secret.h"

#define LINE_SIZE 1024

static const char *const levels[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_ERROR] = "error",
};

/* The file by its name, to notice that it was moved away. */
struct log_file {
	char *path;
	_Atomic(time_t) looked; /* when its name was last looked up */
	pthread_mutex_t lock;	/* for what follows */
	dev_t device;
	ino_t inode;
};

static void remember(struct log_file *f, int fd)
{
	struct stat s = { 0 };

	fstat(fd, &s);
	f->device = s.st_dev;
	f->inode = s.st_ino;
}

bool log_open(struct log *log, const char *path, struct error *e)
{
	int fd;

	if (!log_target_open(path, &fd, e))
		return false;
	log->fd = fd;
	log->file = calloc(1, sizeof(*log->file));
	if (log->file == NULL || (log->file->path = strdup(path)) == NULL)
		abort();
	log->file->looked = time(NULL);
	pthread_mutex_init(&log->file->lock, NULL);
	remember(log->file, fd);
	return true;
}

void log_close(struct log *log)
{
	if (log->file == NULL)
		return;
	close(log->fd);
	pthread_mutex_destroy(&log->file->lock);
	free(log->file->path);
	free(log->file);
	log->file = NULL;
}

/* Opens the name anew if another file has it, or none. The descriptor keeps its
 * number, as other threads may be writing to it. */
static void reopen_moved(const struct log *log)
{
	struct log_file *f = log->file;
	struct error ignored;
	struct stat s;
	int fd;

	if (stat(f->path, &s) == 0 && s.st_dev == f->device &&
	    s.st_ino == f->inode)
		return;
	if (!log_target_open(f->path, &fd, &ignored))
		return; /* better the old file than none */
	dup3(fd, log->fd, O_CLOEXEC);
	close(fd);
	remember(f, log->fd);
}

/* Looks once a second, which costs less than a lookup for each line. */
static void follow_name(const struct log *log, time_t now)
{
	struct log_file *f = log->file;

	if (f == NULL || atomic_exchange(&f->looked, now) == now)
		return;
	pthread_mutex_lock(&f->lock);
	reopen_moved(log);
	pthread_mutex_unlock(&f->lock);
}

static size_t put_prefix(char *line, time_t now, enum log_level level,
			 const char *id, const char *event)
{
	char stamp[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return (size_t)snprintf(line, LINE_SIZE / 2, "%s %s %s %s ", stamp,
				levels[level], id == NULL ? "-" : id, event);
}

void log_line(const struct log *log, enum log_level level, const char *id,
	      const char *event, const char *format, ...)
{
	time_t now = time(NULL);
	char line[LINE_SIZE];
	size_t start, n;
	va_list args;

	if (level == LOG_DEBUG && !log->debug)
		return;
	follow_name(log, now);
	start = put_prefix(line, now, level, id, event);
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
