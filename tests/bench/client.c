/* SPDX-License-Identifier: MIT */
/* Keeps a number of requests in flight from one thread, on epoll. */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 65536
#define READY 256

struct connection {
	int fd; /* -1: closed */
	bool busy;
	unsigned number; /* of the request */
	int64_t asked_us;
	struct reply reply;
	struct event_stream events;
};

struct client {
	const struct load *load;
	struct outcome *outcome;
	struct connection *connections;
	char *request;
	size_t request_length;
	int epoll;
	unsigned opened, asked, ended, busy;
	int64_t start_us;
	char bytes[READ_SIZE];
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

uint16_t client_free_port(void)
{
	struct sockaddr_in address = loopback(0);
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint16_t port = 0;

	if (fd < 0)
		return 0;
	if (bind(fd, (struct sockaddr *)&address, n) == 0 &&
	    getsockname(fd, (struct sockaddr *)&address, &n) == 0)
		port = ntohs(address.sin_port);
	close(fd);
	return port;
}

/* On loopback a connection is there at once: nothing is gained by waiting for
 * it elsewhere. */
static bool connection_open(struct client *c, struct connection *k)
{
	struct sockaddr_in address = loopback(c->load->port);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = k };
	int on = 1;

	k->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (k->fd < 0)
		return false;
	setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return connect(k->fd, (struct sockaddr *)&address, sizeof(address)) ==
		       0 &&
	       epoll_ctl(c->epoll, EPOLL_CTL_ADD, k->fd, &event) == 0;
}

static void connection_close(struct connection *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

static void ignore_body(void *ctx, const char *p, size_t n)
{
	(void)ctx;
	(void)p;
	(void)n;
}

static void connection_ended(struct client *c, struct connection *k);

static void connection_ask(struct client *c, struct connection *k)
{
	bool streamed = c->load->pieces > 0;

	k->number = c->asked++;
	c->busy++;
	if (c->busy > c->outcome->most)
		c->outcome->most = c->busy;
	k->busy = true;
	k->asked_us = clock_us();
	events_init(&k->events);
	reply_init(&k->reply, streamed ? events_feed : ignore_body, &k->events);
	if ((k->fd >= 0 || connection_open(c, k)) &&
	    send(k->fd, c->request, c->request_length, MSG_NOSIGNAL) ==
		    (ssize_t)c->request_length)
		return;
	reply_end(&k->reply);
	connection_ended(c, k);
}

static bool in_order(const struct client *c, const struct event_stream *e)
{
	return e->done && !e->too_long && e->others == 0 && e->n_piece == 0 &&
	       e->next == c->load->pieces;
}

static void judge(struct client *c, const struct connection *k)
{
	struct outcome *o = c->outcome;

	if (k->reply.state != REPLY_WHOLE)
		o->broken++;
	else if (k->reply.status / 100 != 2)
		o->refused++;
	else if (c->load->pieces > 0 && !in_order(c, &k->events))
		o->disorder++;
	else
		o->done++;
	samples_add(&o->latencies, clock_us() - k->asked_us);
	o->turns.at[k->number].first_us = k->events.first_us;
	o->turns.at[k->number].last_us = k->events.last_us;
}

static void connection_ended(struct client *c, struct connection *k)
{
	judge(c, k);
	k->busy = false;
	c->busy--;
	c->ended++;
	if (k->reply.state != REPLY_WHOLE || k->reply.close ||
	    c->load->pieces > 0)
		connection_close(k);
}

/* More may follow in the socket: epoll reports that again. */
static void connection_read(struct client *c, struct connection *k)
{
	ssize_t n = recv(k->fd, c->bytes, sizeof(c->bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (!k->busy) { /* the server closes an idle connection */
		connection_close(k);
		return;
	}
	/* Delays are those with all streams open. */
	k->events.delays =
		c->busy == c->load->connections ? &c->outcome->delays : NULL;
	if (n > 0)
		reply_feed(&k->reply, c->bytes, (size_t)n);
	else
		reply_end(&k->reply);
	if (k->reply.state != REPLY_WHOLE && k->reply.state != REPLY_BROKEN)
		return;
	connection_ended(c, k);
	if (c->asked < c->load->requests)
		connection_ask(c, k);
}

/* Opens the connections that are due; the time to the next one in ms. */
static int open_due(struct client *c)
{
	const struct load *l = c->load;

	while (c->opened < l->connections && c->asked < l->requests) {
		int64_t due =
			c->start_us + l->ramp_us * c->opened / l->connections;
		int64_t wait = due - clock_us();

		if (wait > 0)
			return (int)((wait + 999) / 1000);
		connection_ask(c, &c->connections[c->opened++]);
	}
	return 1000;
}

static void attend(struct client *c)
{
	struct epoll_event ready[READY];
	int n = epoll_wait(c->epoll, ready, READY, open_due(c));

	for (int i = 0; i < n; i++)
		connection_read(c, ready[i].data.ptr);
}

static void write_request(struct client *c)
{
	const struct load *l = c->load;
	FILE *f = open_memstream(&c->request, &c->request_length);

	if (f == NULL)
		abort();
	fprintf(f, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n",
		l->body == NULL ? "GET" : "POST", l->path, l->port);
	if (l->header != NULL)
		fprintf(f, "%s\r\n", l->header);
	if (l->body != NULL)
		fprintf(f,
			"Content-Type: application/json\r\n"
			"Content-Length: %zu\r\n",
			strlen(l->body));
	fprintf(f, "\r\n%s", l->body == NULL ? "" : l->body);
	if (fclose(f) != 0)
		abort();
}

void client_run(const struct load *load, struct outcome *outcome)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	*outcome = (struct outcome){ 0 };
	turns_init(&outcome->turns, load->requests);
	c->load = load;
	c->outcome = outcome;
	c->connections = calloc(load->connections, sizeof(*c->connections));
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (c->connections == NULL || c->epoll < 0)
		abort();
	for (unsigned i = 0; i < load->connections; i++)
		c->connections[i].fd = -1;
	write_request(c);
	c->start_us = clock_us();
	while (c->ended < load->requests &&
	       clock_us() < c->start_us + load->limit_us)
		attend(c);
	outcome->elapsed_us = clock_us() - c->start_us;
	outcome->broken += load->requests - c->ended;
	for (unsigned i = 0; i < load->connections; i++)
		connection_close(&c->connections[i]);
	close(c->epoll);
	free(c->connections);
	free(c->request);
	free(c);
}
