/* SPDX-License-Identifier: MIT */
/* When there are no more file descriptors. */
#include "base/descriptors.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RETRY_MS 1000

bool descriptors_exhausted(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd < 0 && (errno == EMFILE || errno == ENFILE);
}

bool descriptors_error(struct error *e)
{
	error_set(e, ERROR_FULL, "%s", DESCRIPTORS_EXHAUSTED);
	e->retry_after_ms = RETRY_MS;
	return false;
}
