/* SPDX-License-Identifier: MIT */
/* Tells the threads of this process that it ends. */
#include "fcgi/shutdown.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool shutdown_init(struct shutdown *s)
{
	atomic_init(&s->begun, false);
	s->begin_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->abort_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s->begin_fd >= 0 && s->abort_fd >= 0;
}

void shutdown_fini(struct shutdown *s)
{
	close(s->abort_fd);
	close(s->begin_fd);
}

/* Nobody reads the eventfds: they stay readable. */
void shutdown_begin(struct shutdown *s)
{
	atomic_store(&s->begun, true);
	eventfd_write(s->begin_fd, 1);
}

bool shutdown_has_begun(const struct shutdown *s)
{
	return atomic_load(&s->begun);
}

void shutdown_abort_requests(struct shutdown *s)
{
	eventfd_write(s->abort_fd, 1);
}
