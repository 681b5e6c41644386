/* SPDX-License-Identifier: MIT */
/* The listening socket: inherited, or opened here. */
#include "fcgi/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

bool listen_inherited(void)
{
	int listening = 0;
	socklen_t n = sizeof(listening);

	return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening,
			  &n) == 0 &&
	       listening;
}

static int failed(int fd, const char *where, struct error *e)
{
	error_set(e, ERROR_SETUP, "Cannot listen on %.200s: %s.", where,
		  strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Whether another process serves that socket. */
static bool is_served(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (const struct sockaddr *)address,
			   sizeof(*address)) == 0;

	close(fd);
	return yes;
}

static int open_path(const char *path, struct error *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mode_t mask;
	int bound;

	if (fd < 0)
		return failed(fd, path, e);
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return failed(fd, path, e);
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (is_served(&address)) {
		errno = EADDRINUSE;
		return failed(fd, path, e);
	}
	listen_remove(path);
	mask = umask(0117);
	bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (bound != 0 || listen(fd, BACKLOG) != 0)
		return failed(fd, path, e);
	return fd;
}

static bool read_address(const char *where, struct sockaddr_in *address)
{
	const char *colon = strrchr(where, ':');
	char host[INET_ADDRSTRLEN] = "127.0.0.1";
	char *end;
	long port = strtol(colon + 1, &end, 10);
	size_t n = (size_t)(colon - where);

	if (*end != '\0' || port < 1 || port > 65535 || n >= sizeof(host))
		return false;
	if (n > 0 && strncmp(where, "localhost", n) != 0) {
		memcpy(host, where, n);
		host[n] = '\0';
	}
	address->sin_family = AF_INET;
	address->sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &address->sin_addr) == 1 &&
	       ntohl(address->sin_addr.s_addr) >> 24 == 127;
}

static int open_port(const char *where, struct error *e)
{
	struct sockaddr_in address = { 0 };
	int fd, on = 1;

	if (!read_address(where, &address)) {
		error_set(e, ERROR_SETUP,
			  "Cannot listen on %.200s: use a path, or a loopback "
			  "address and a port, as in 127.0.0.1:9000.",
			  where);
		return -1;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return failed(fd, where, e);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return failed(fd, where, e);
	return fd;
}

static bool is_path(const char *where)
{
	return strchr(where, '/') != NULL || strchr(where, ':') == NULL;
}

int listen_open(const char *where, struct error *e)
{
	return is_path(where) ? open_path(where, e) : open_port(where, e);
}

void listen_remove(const char *where)
{
	struct stat s;

	if (is_path(where) && lstat(where, &s) == 0 && S_ISSOCK(s.st_mode))
		unlink(where);
}
