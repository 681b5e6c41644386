/* SPDX-License-Identifier: MIT */
/* The kernel says whether a client has closed its connection. */
#include "tests/unit/support/test.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/client_socket.h"
#include "http/gateway.h"
#include "tests/unit/support/string_gateway.h"

/* A connection over loopback, and a request that came through it. */
struct pair {
	int client, server;
	struct string_gateway *gateway;
	struct client_socket socket;
};

static void set_side(struct arena *a, struct string_gateway *g,
		     const struct sockaddr_storage *s, const char *address,
		     const char *port)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	const void *raw = s->ss_family == AF_INET ?
				  (const void *)&four.sin_addr :
				  (const void *)&six.sin6_addr;
	char *text = arena_alloc(a, INET6_ADDRSTRLEN);

	memcpy(&four, s, sizeof(four));
	memcpy(&six, s, sizeof(six));
	inet_ntop(s->ss_family, raw, text, INET6_ADDRSTRLEN);
	string_gateway_set(g, address, text);
	string_gateway_set(g, port,
			   arena_printf(a, "%d", ntohs(four.sin_port)));
}

static void connect_to(struct pair *p, const struct sockaddr *any, socklen_t n)
{
	struct sockaddr_storage at;
	int fd = socket(any->sa_family, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, any, n), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	p->client = socket(any->sa_family, SOCK_STREAM, 0);
	assert_int_equal(connect(p->client, (struct sockaddr *)&at, n), 0);
	p->server = accept(fd, NULL, NULL);
	assert_true(p->server >= 0);
	close(fd);
}

static void pair_open(struct pair *p, struct arena *a,
		      const struct sockaddr *any, socklen_t n)
{
	struct sockaddr_storage at = { 0 };

	connect_to(p, any, n);
	p->gateway = string_gateway_new(a, "GET", "/", NULL);
	n = sizeof(at);
	assert_int_equal(getsockname(p->server, (struct sockaddr *)&at, &n), 0);
	set_side(a, p->gateway, &at, "SERVER_ADDR", "SERVER_PORT");
	n = sizeof(at);
	assert_int_equal(getpeername(p->server, (struct sockaddr *)&at, &n), 0);
	set_side(a, p->gateway, &at, "REMOTE_ADDR", "REMOTE_PORT");
	client_socket_init(&p->socket, p->gateway->gateway.param,
			   p->gateway->gateway.ctx);
}

static void pair_open_four(struct pair *p, struct arena *a)
{
	struct sockaddr_in any = { .sin_family = AF_INET };

	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	pair_open(p, a, (struct sockaddr *)&any, sizeof(any));
}

static void pair_close(struct pair *p)
{
	close(p->client);
	close(p->server);
}

/* Without the time between two looks. */
static bool is_closed(struct pair *p)
{
	p->socket.next_ms = 0;
	return client_socket_is_closed(&p->socket);
}

static void a_close_is_seen(void **state)
{
	struct pair p;

	pair_open_four(&p, *state);
	assert_false(is_closed(&p));
	shutdown(p.client, SHUT_WR);
	assert_true(is_closed(&p));
	pair_close(&p);
}

static void a_close_is_seen_over_ipv6(void **state)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool there = bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
	struct pair p;

	close(fd);
	if (!there)
		skip();
	pair_open(&p, *state, (struct sockaddr *)&any, sizeof(any));
	assert_false(is_closed(&p));
	close(p.client);
	p.client = -1;
	assert_true(is_closed(&p));
	pair_close(&p);
}

static void it_is_not_looked_at_all_the_time(void **state)
{
	struct pair p;

	pair_open_four(&p, *state);
	close(p.client);
	assert_false(client_socket_is_closed(&p.socket));
	assert_true(is_closed(&p));
	assert_false(client_socket_is_closed(&p.socket));
	close(p.server);
}

static void what_the_kernel_does_not_know_counts_as_open(void **state)
{
	static const char *const wrong[][2] = {
		{ "REMOTE_PORT", "1" },	     { "REMOTE_PORT", "x" },
		{ "REMOTE_PORT", NULL },     { "REMOTE_ADDR", "192.0.2.7" },
		{ "REMOTE_ADDR", "a name" }, { "REMOTE_ADDR", NULL },
		{ "SERVER_PORT", "65536" },  { "SERVER_ADDR", "" },
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct pair p;

		pair_open_four(&p, *state);
		close(p.client);
		string_gateway_set(p.gateway, wrong[i][0], wrong[i][1]);
		assert_false(is_closed(&p));
		close(p.server);
	}
}

static void a_request_whose_client_left_ends(void **state)
{
	struct pair p;
	struct error e;

	pair_open_four(&p, *state);
	for (int i = 0; i < GATEWAY_FDS; i++)
		p.gateway->gateway.watch[i].fd = -1;
	p.gateway->gateway.client = &p.socket;
	p.socket.next_ms = 0;
	assert_true(gateway_wait(&p.gateway->gateway, 0, &e));
	close(p.client);
	p.socket.next_ms = 0;
	assert_false(gateway_wait(&p.gateway->gateway, 0, &e));
	assert_error(&e, ERROR_CLIENT_GONE, "");
	close(p.server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_close_is_seen),
		TEST(a_close_is_seen_over_ipv6),
		TEST(it_is_not_looked_at_all_the_time),
		TEST(what_the_kernel_does_not_know_counts_as_open),
		TEST(a_request_whose_client_left_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
