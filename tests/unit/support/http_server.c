/* SPDX-License-Identifier: MIT */
/* A thread that answers HTTP requests, one connection at a time. */
#include "tests/unit/support/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/support/test.h"

#define LIMIT (8 * 1024 * 1024)

static size_t body_length(const char *head)
{
	const char *length = strcasestr(head, "\r\nContent-Length:");

	return length == NULL ? 0 : (size_t)strtoul(length + 17, NULL, 10);
}

/* Head and body, in bytes; 0 while the head is not complete. */
static size_t request_length(const struct buf *request)
{
	const char *end = strstr(buf_text(request), "\r\n\r\n");

	return end == NULL ?
		       0 :
		       (size_t)(end + 4 - request->p) + body_length(request->p);
}

/* False when the connection or the test ended, or another client is waiting. */
static bool read_request(struct http_server *s, int fd)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
				{ .fd = s->stop[0], .events = POLLIN },
				{ .fd = s->fd, .events = POLLIN } };
	size_t length = 0;
	bool begun = false;
	char piece[4096];

	do {
		ssize_t n;

		poll(fds, 3, -1);
		if (fds[1].revents != 0 ||
		    (fds[0].revents == 0 && fds[2].revents != 0))
			return false;
		n = read(fd, piece, sizeof(piece));
		if (n <= 0)
			return false;
		if (!begun)
			buf_clear(&s->request);
		begun = true;
		buf_append(&s->request, piece, (size_t)n);
		if (length == 0) /* once: a sanitizer's strstr is slow */
			length = request_length(&s->request);
	} while (length == 0 || s->request.len < length);
	return true;
}

static bool answer(struct http_server *s, int fd)
{
	struct pollfd stop = { .fd = s->stop[0], .events = POLLIN };

	if (s->drop > 0) {
		s->drop--;
		return false;
	}
	if (s->answer == NULL) {
		poll(&stop, 1, -1);
		return false;
	}
	if (s->delay_ms > 0 && poll(&stop, 1, (int)s->delay_ms) > 0)
		return false;
	return write(fd, s->answer, strlen(s->answer)) ==
	       (ssize_t)strlen(s->answer);
}

static void *serve(void *ctx)
{
	struct http_server *s = ctx;
	struct pollfd fds[] = { { .fd = s->fd, .events = POLLIN },
				{ .fd = s->stop[0], .events = POLLIN } };

	for (;;) {
		int fd;

		poll(fds, 2, -1);
		if (fds[1].revents != 0)
			return NULL;
		fd = accept(s->fd, NULL, NULL);
		s->connections++;
		while (read_request(s, fd) && answer(s, fd))
			;
		close(fd);
	}
}

static void stop_server(void *ctx)
{
	struct http_server *s = ctx;

	assert_int_equal(write(s->stop[1], "", 1), 1);
	pthread_join(s->thread, NULL);
	close(s->fd);
	close(s->stop[0]);
	close(s->stop[1]);
	buf_fini(&s->request);
}

struct http_server *http_server_start(struct arena *a, const char *says)
{
	struct http_server *s = arena_alloc(a, sizeof(*s));
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->answer = says;
	buf_init(&s->request, LIMIT);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&at, &n), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pipe(s->stop), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	arena_own(a, s, stop_server);
	return s;
}

const char *http_server_url(const struct http_server *s, struct arena *a)
{
	return arena_printf(a, "http://127.0.0.1:%d/x", s->port);
}
