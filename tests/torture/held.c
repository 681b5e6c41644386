/* SPDX-License-Identifier: MIT */
/* Preloaded into a program: writes into the file that HELD names how many bytes
 * it has from malloc, ten times a second. */
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *watch(void *file)
{
	for (;;) {
		struct mallinfo2 all = mallinfo2();
		int fd = open(file, O_WRONLY | O_CLOEXEC);

		if (fd >= 0) {
			dprintf(fd, "%20zu\n", all.uordblks + all.hblkhd);
			close(fd);
		}
		poll(NULL, 0, 100);
	}
	return NULL;
}

__attribute__((constructor)) static void start(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, watch, getenv("HELD"));
}
