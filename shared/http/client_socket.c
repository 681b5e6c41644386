/* SPDX-License-Identifier: MIT */
/* Asks the kernel whether a client has closed its connection. */
#include "http/client_socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "base/clock.h"

static bool read_address(const struct client_socket *c, const char *name,
			 int family, void *out)
{
	const char *text = c->param(c->ctx, name);

	return text != NULL && inet_pton(family, text, out) == 1;
}

static bool read_port(const struct client_socket *c, const char *name,
		      __be16 *out)
{
	const char *text = c->param(c->ctx, name);
	long port = text == NULL ? 0 : strtol(text, NULL, 10);

	*out = htons((uint16_t)port);
	return port > 0 && port <= UINT16_MAX;
}

static bool read_addresses(const struct client_socket *c, int family,
			   struct inet_diag_req_v2 *r)
{
	r->sdiag_family = (uint8_t)family;
	return read_address(c, "SERVER_ADDR", family, r->id.idiag_src) &&
	       read_address(c, "REMOTE_ADDR", family, r->id.idiag_dst);
}

static bool read_connection(const struct client_socket *c,
			    struct inet_diag_req_v2 *r)
{
	r->sdiag_protocol = IPPROTO_TCP;
	r->idiag_states = UINT32_MAX;
	r->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	r->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	return read_port(c, "SERVER_PORT", &r->id.idiag_sport) &&
	       read_port(c, "REMOTE_PORT", &r->id.idiag_dport) &&
	       (read_addresses(c, AF_INET, r) ||
		read_addresses(c, AF_INET6, r));
}

struct question {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

struct answer {
	struct nlmsghdr head;
	struct inet_diag_msg body;
	char attributes[512];
};

/* The state of the connection, as in tcp(7); -1 if it is not known. */
static int ask(const struct question *q)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	struct answer a = { 0 };
	bool ok;

	if (fd < 0)
		return -1;
	ok = send(fd, q, sizeof(*q), 0) == sizeof(*q) &&
	     recv(fd, &a, sizeof(a), MSG_DONTWAIT) >=
		     (ssize_t)(sizeof(a.head) + sizeof(a.body)) &&
	     a.head.nlmsg_type == SOCK_DIAG_BY_FAMILY;
	close(fd);
	return ok ? a.body.idiag_state : -1;
}

void client_socket_init(struct client_socket *c, client_param *param, void *ctx)
{
	*c = (struct client_socket){
		.param = param,
		.ctx = ctx,
		.next_ms = clock_ms() + CLIENT_SOCKET_EVERY_MS,
	};
}

bool client_socket_is_closed(struct client_socket *c)
{
	struct question q = { .head = { .nlmsg_len = sizeof(q),
					.nlmsg_type = SOCK_DIAG_BY_FAMILY,
					.nlmsg_flags = NLM_F_REQUEST } };
	int64_t now = clock_ms();

	if (now < c->next_ms)
		return false;
	c->next_ms = now + CLIENT_SOCKET_EVERY_MS;
	return read_connection(c, &q.body) && ask(&q) == TCP_CLOSE_WAIT;
}
