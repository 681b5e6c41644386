/* SPDX-License-Identifier: MIT */
/* The log: one line per event. */
#include "base/log.h"

#include <errno.h>
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

#include "base/buf.h"
#include "base/log_entry.h"
#include "base/log_target.h"

/* The file by its name, to notice that it was moved away, or can be written
 * again. */
struct log_file {
	char *path;
	_Atomic(time_t) looked; /* when its name was last looked up */
	_Atomic(int) number;	/* errno of the last write; 0: it worked */
	pthread_mutex_t lock;	/* for what follows */
	dev_t device;		/* 0 with inode 0: it is not open … */
	ino_t inode;
	struct error fault; /* … because of this; message "": nothing */
};

static void remember(struct log_file *f, int fd)
{
	struct stat s = { 0 };

	fstat(fd, &s);
	f->device = s.st_dev;
	f->inode = s.st_ino;
}

/* A descriptor of our own, until the file can be opened. */
static int open_stand_in(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	return fd >= 0 ? fd : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

bool log_open(struct log *log, const char *path, struct error *e)
{
	struct log_file *f = calloc(1, sizeof(*f));
	bool ok;
	int fd = -1;

	if (f == NULL || (f->path = strdup(path)) == NULL)
		abort();
	pthread_mutex_init(&f->lock, NULL);
	ok = log_target_open(path, false, &fd, e);
	if (!ok)
		f->fault = *e;
	if (ok && fd >= 0) {
		f->looked = time(NULL);
		remember(f, fd);
	}
	log->fd = fd >= 0 ? fd : open_stand_in();
	log->file = f;
	return ok;
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
	struct error *e = &f->fault;
	struct stat s;
	int fd;

	if (stat(f->path, &s) == 0 && s.st_dev == f->device &&
	    s.st_ino == f->inode)
		return;
	if (!log_target_open(f->path, true, &fd, e))
		return; /* better the old file than none */
	e->message[0] = '\0';
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

bool log_check(const struct log *log, struct error *e)
{
	struct log_file *f = log->file;
	bool ok;

	if (f == NULL)
		return true;
	pthread_mutex_lock(&f->lock);
	ok = f->fault.message[0] == '\0';
	if (!ok)
		*e = f->fault;
	pthread_mutex_unlock(&f->lock);
	return ok && (f->number == 0 ||
		      log_target_fail(e, f->path, strerror(f->number)));
}

/* Longer than any line: texts are cut. */
#define JSON_LIMIT (64 * 1024)

static void put(const struct log *log, const char *p, size_t n)
{
	int number = write(log->fd, p, n) < 0 ? errno : 0;

	if (log->file != NULL)
		log->file->number = number;
}

static void write_json(const struct log *log, const struct log_entry *entry)
{
	struct buf out;

	buf_init(&out, JSON_LIMIT);
	log_entry_json(entry, &out);
	put(log, out.p, out.len);
	buf_fini(&out);
}

static void write_text(const struct log *log, const struct log_entry *entry)
{
	char line[LOG_ENTRY_SIZE];
	size_t n = log_entry_text(entry, line);

	put(log, line, n);
}

void log_write(const struct log *log, const struct log_entry *entry)
{
	struct log_entry now = *entry;

	if (entry->level == LOG_DEBUG && !log->debug)
		return;
	now.time = time(NULL);
	follow_name(log, now.time);
	if (log->format == LOG_JSON)
		write_json(log, &now);
	else
		write_text(log, &now);
}

void log_line(const struct log *log, enum log_level level, const char *id,
	      const char *event, const char *format, ...)
{
	char text[LOG_ENTRY_SIZE];
	const struct log_entry entry = {
		.level = level, .id = id, .event = event, .text = text
	};
	va_list args;

	if (level == LOG_DEBUG && !log->debug)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_write(log, &entry);
}
