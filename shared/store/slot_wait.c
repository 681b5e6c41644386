/* SPDX-License-Identifier: MIT */
/* How requests that wait for a slot are woken. */
#include "store/slot_wait_internal.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of so many credentials only the first who waits is woken. */
#define MOST_LINES 32

void slot_waits_init(struct slot_waits *q, const char *path)
{
	*q = (struct slot_waits){ .path = strdup(path), .watch_fd = -1 };
	if (q->path == NULL)
		abort();
	pthread_mutex_init(&q->lock, NULL);
}

void slot_waits_fini(struct slot_waits *q)
{
	if (q->path == NULL)
		return;
	if (q->watch_fd >= 0)
		close(q->watch_fd);
	pthread_mutex_destroy(&q->lock);
	free(q->path);
}

/* --- Waking, with the lock --- */

struct lines {
	const char *names[MOST_LINES];
	size_t n;
};

static bool is_new(struct lines *l, const char *credential)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->names[i], credential) == 0)
			return false;
	if (l->n < MOST_LINES)
		l->names[l->n++] = credential;
	return true;
}

/* Those who are first in a line. If one of them gets a slot, it wakes the next
 * when it leaves. */
static void wake_first(const struct slot_waits *q)
{
	struct lines seen = { .n = 0 };

	for (const struct slot_wait *w = q->first; w != NULL; w = w->next) {
		bool first = false;

		for (size_t i = 0; i < w->n; i++)
			if (is_new(&seen, w->lines[i].credential))
				first = true;
		if (first && w->fds[0].fd >= 0)
			eventfd_write(w->fds[0].fd, 1);
	}
}

void slot_waits_wake(struct slot_waits *q)
{
	pthread_mutex_lock(&q->lock);
	wake_first(q);
	pthread_mutex_unlock(&q->lock);
	utimensat(AT_FDCWD, q->path, NULL, 0);
}

/* The descriptor is for all of them: whoever reads it tells the others. */
void slot_waits_hear(struct slot_waits *q, const struct slot_wait *w)
{
	char events[1024];
	eventfd_t ignored;

	eventfd_read(w->fds[0].fd, &ignored);
	pthread_mutex_lock(&q->lock);
	if (read(q->watch_fd, events, sizeof(events)) > 0)
		wake_first(q);
	pthread_mutex_unlock(&q->lock);
}

static void watch(struct slot_waits *q)
{
	if (q->watch_fd < 0)
		q->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (q->watch_fd >= 0)
		inotify_add_watch(q->watch_fd, q->path, IN_ATTRIB);
}

void slot_waits_join(struct slot_waits *q, struct slot_wait *w)
{
	struct slot_wait **at = &q->first;

	pthread_mutex_lock(&q->lock);
	watch(q);
	w->fds[0] =
		(struct pollfd){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
				 .events = POLLIN };
	w->fds[1] = (struct pollfd){ .fd = q->watch_fd, .events = POLLIN };
	while (*at != NULL && (*at)->lines[0].ticket < w->lines[0].ticket)
		at = &(*at)->next;
	w->next = *at;
	*at = w;
	pthread_mutex_unlock(&q->lock);
}

void slot_waits_leave(struct slot_waits *q, const struct slot_wait *w)
{
	struct slot_wait **at = &q->first;

	pthread_mutex_lock(&q->lock);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	if (w->fds[0].fd >= 0)
		close(w->fds[0].fd);
	wake_first(q);
	pthread_mutex_unlock(&q->lock);
}
