/* SPDX-License-Identifier: MIT */
/* The listening socket: inherited, or opened here. */
#include "fcgi/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SUFFIX ".new" /* of a path that is about to be taken */

/* Sockets that systemd passes on begin here. */
#define SYSTEMD_FD 3

/* A process that ends marks its Unix socket with this bit of the mode, which
 * has no other meaning there. */
#define LEAVING S_ISVTX
#define PERMISSIONS 07777

static bool is_listening(int fd)
{
	int listening = 0;
	socklen_t n = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) == 0 &&
	       listening;
}

/* How many sockets systemd passed on to this very process. */
static long systemd_sockets(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");

	if (pid == NULL || n == NULL || strtol(pid, NULL, 10) != getpid())
		return 0;
	return strtol(n, NULL, 10);
}

bool listen_inherit(struct listener *l, struct error *e)
{
	long n = systemd_sockets();

	*l = (struct listener){ .fd = SYSTEMD_FD, .origin = LISTEN_SYSTEMD };
	if (n > 1)
		return error_set(e, ERROR_SETUP,
				 "systemd passed on %ld sockets: "
				 "kimi-proxy.socket may list only one",
				 n);
	if (n == 1 && is_listening(l->fd)) {
		fcntl(l->fd, F_SETFD, FD_CLOEXEC);
		return true;
	}
	*l = (struct listener){ .fd = STDIN_FILENO, .origin = LISTEN_STDIN };
	return is_listening(l->fd) ||
	       error_set(e, ERROR_SETUP,
			 "standard input is not a listening socket");
}

static bool failed(int fd, const char *where, struct error *e)
{
	error_set(e, ERROR_SETUP, "cannot listen on %.200s: %s.", where,
		  strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

/* Whether a process serves that socket and means to go on. */
static bool is_taken(const struct sockaddr_un *address, mode_t mode)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool served = connect(fd, (const struct sockaddr *)address,
			      sizeof(*address)) == 0;

	close(fd);
	return served && (mode & LEAVING) == 0;
}

/* Whether the path may be given to a new socket; if not, errno says why. */
static bool is_free(const struct sockaddr_un *address)
{
	struct stat s;

	errno = EADDRINUSE;
	if (lstat(address->sun_path, &s) != 0)
		return errno == ENOENT;
	return S_ISSOCK(s.st_mode) && !is_taken(address, s.st_mode);
}

static bool put_path(struct sockaddr_un *address, const char *path,
		     const char *suffix)
{
	size_t size = sizeof(address->sun_path);

	address->sun_family = AF_UNIX;
	errno = ENAMETOOLONG;
	return (size_t)snprintf(address->sun_path, size, "%s%s", path, suffix) <
	       size;
}

/* Under another name at first, so that the path has a socket that listens at
 * any moment. */
static bool bind_path(struct listener *l, const struct sockaddr_un *address,
		      const struct sockaddr_un *new)
{
	mode_t mask = umask(0117);
	struct stat s;
	bool ok;

	unlink(new->sun_path);
	ok = bind(l->fd, (const struct sockaddr *)new, sizeof(*new)) == 0;
	umask(mask);
	if (!ok || listen(l->fd, LISTEN_BACKLOG) != 0 ||
	    lstat(new->sun_path, &s) != 0 ||
	    rename(new->sun_path, address->sun_path) != 0)
		return false;
	l->device = s.st_dev;
	l->inode = s.st_ino;
	return true;
}

static bool open_path(struct listener *l, const char *path, struct error *e)
{
	struct sockaddr_un address = { 0 }, new = { 0 };

	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || !put_path(&address, path, "") ||
	    !put_path(&new, path, SUFFIX) || !is_free(&address) ||
	    !bind_path(l, &address, &new))
		return failed(l->fd, path, e);
	l->path = path;
	return true;
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

static bool open_port(struct listener *l, const char *where, struct error *e)
{
	struct sockaddr_in address = { 0 };
	int on = 1;

	if (!read_address(where, &address))
		return error_set(
			e, ERROR_SETUP,
			"cannot listen on %.200s: use a path, or a loopback "
			"address and a port, as in 127.0.0.1:9000.",
			where);
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return failed(l->fd, where, e);
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(l->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(l->fd, LISTEN_BACKLOG) != 0)
		return failed(l->fd, where, e);
	return true;
}

static bool is_path(const char *where)
{
	return strchr(where, '/') != NULL || strchr(where, ':') == NULL;
}

bool listen_open(struct listener *l, const char *where, struct error *e)
{
	*l = (struct listener){ .fd = -1, .origin = LISTEN_OPENED };
	if (*where != '\0' && strspn(where, "0123456789") == strlen(where))
		return error_set(e, ERROR_SETUP,
				 "cannot listen on %.200s: for a port write "
				 "127.0.0.1:%.200s.",
				 where, where);
	return is_path(where) ? open_path(l, where, e) : open_port(l, where, e);
}

static bool is_ours(const struct listener *l, const char *path, struct stat *s)
{
	return lstat(path, s) == 0 && s->st_dev == l->device &&
	       s->st_ino == l->inode;
}

void listen_leave(const struct listener *l)
{
	struct stat s;

	if (l->path != NULL && is_ours(l, l->path, &s))
		chmod(l->path, (s.st_mode & PERMISSIONS) | LEAVING);
}

bool listen_is_replaced(const struct listener *l)
{
	struct stat s;

	return l->path != NULL && !is_ours(l, l->path, &s);
}

/* Another process may take the path at any moment: it is moved aside to see
 * whose it is. */
void listen_remove(const struct listener *l)
{
	struct sockaddr_un aside;
	struct stat s;

	if (l->path == NULL || listen_is_replaced(l) ||
	    !put_path(&aside, l->path, ".old") ||
	    rename(l->path, aside.sun_path) != 0)
		return;
	if (is_ours(l, aside.sun_path, &s))
		unlink(aside.sun_path);
	else
		rename(aside.sun_path, l->path);
}
