/* SPDX-License-Identifier: MIT */
/* Preloaded, it sends the process SIGTERM the moment its socket listens. */
#include <dlfcn.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

int listen(int fd, int backlog)
{
	int (*real)(int, int) =
		(int (*)(int, int))(void *)dlsym(RTLD_NEXT, "listen");
	int result = real(fd, backlog);

	kill(getpid(), SIGTERM);
	return result;
}
