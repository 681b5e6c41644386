/* SPDX-License-Identifier: MIT */
/* The HTTP client against a server that has one connection at a time. */
#include "tests/unit/support/test.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/client.h"
#include "tests/unit/support/http_server.h"

/* None of them is reached, however busy the machine is. */
static const struct http_settings settings = { .peer = "The server",
					       .user_agent = "test/1",
					       .connect_ms = 60000,
					       .first_byte_ms = 60000,
					       .silence_ms = 60000 };

struct asked {
	struct http_client client;
	struct http_reply reply;
	struct error error;
	bool ok;
};

static void end_client(void *ctx)
{
	struct asked *q = ctx;

	http_client_fini(&q->client);
	buf_fini(&q->reply.body);
}

static struct asked *new_client(struct arena *a)
{
	struct asked *q = arena_alloc(a, sizeof(*q));

	http_client_init(&q->client);
	q->client.settings = &settings;
	http_reply_init(&q->reply);
	arena_own(a, q, end_client);
	return q;
}

static void send_call(struct asked *q, const struct http_call *call)
{
	buf_fini(&q->reply.body);
	http_reply_init(&q->reply);
	error_set(&q->error, ERROR_INTERNAL, "untouched");
	q->ok = http_client_send(&q->client, call, &q->reply, &q->error);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"

/* Each byte follows from its offset. */
static bool read_pattern(const struct http_source *source, int64_t offset,
			 void *p, size_t n, struct error *e)
{
	char *to = p;

	(void)e;
	assert_true(offset >= 0 && offset + (int64_t)n <= source->size);
	for (size_t i = 0; i < n; i++)
		to[i] = (char)('a' + (offset + (int64_t)i) % 23);
	return true;
}

static void assert_pattern(const struct http_server *s, size_t size)
{
	const char *body = strstr(buf_text(&s->request), "\r\n\r\n") + 4;

	assert_int_equal(s->request.len - (size_t)(body - s->request.p), size);
	for (size_t i = 0; i < size; i++)
		if (body[i] != (char)('a' + i % 23))
			fail_msg("byte %zu", i);
}

static void a_body_is_sent_from_its_source(void **state)
{
	static const int64_t sizes[] = { 1, 70000, 3 * 1024 * 1024 };
	static const char *const methods[] = { "POST", "PUT" };
	struct http_server *s = http_server_start(*state, OK "\r\nok");
	struct asked *q = new_client(*state);

	for (size_t i = 0; i < COUNT(sizes) * 2; i++) {
		struct http_source source = { .size = sizes[i / 2],
					      .read = read_pattern };
		struct http_call call = { .method = methods[i % 2],
					  .url = http_server_url(s, *state),
					  .type = "a/b",
					  .source = &source };

		send_call(q, &call);
		if (!q->ok)
			fail_msg("%s", q->error.message);
		assert_string_equal(q->reply.body.p, "ok");
		assert_memory_equal(s->request.p, methods[i % 2], 3);
		assert_contains(s->request.p, "\r\nContent-Type: a/b\r\n");
		assert_contains(s->request.p, "\r\nUser-Agent: test/1\r\n");
		assert_lacks(s->request.p, "\r\nExpect");
		assert_lacks(s->request.p, "\r\nTransfer-Encoding");
		assert_pattern(s, (size_t)sizes[i / 2]);
	}
}

/* A server may close an idle connection just when it is reused. */
static void a_source_is_read_again_for_a_second_attempt(void **state)
{
	struct http_server *s = http_server_start(*state, OK "\r\nok");
	struct http_source source = { .size = 200000, .read = read_pattern };
	struct http_call get = { .method = "GET",
				 .url = http_server_url(s, *state) };
	struct http_call post = { .method = "POST",
				  .url = get.url,
				  .source = &source };
	struct asked *q = new_client(*state);

	send_call(q, &get);
	assert_true(q->ok);
	s->drop = 1;
	send_call(q, &post);
	if (!q->ok)
		fail_msg("%s", q->error.message);
	assert_int_equal(s->connections, 2);
	assert_pattern(s, 200000);
}

static bool fail_to_read(const struct http_source *source, int64_t offset,
			 void *p, size_t n, struct error *e)
{
	if (offset < 100)
		return read_pattern(source, offset, p, n < 100 ? n : 100, e);
	return error_set(e, ERROR_NOT_FOUND, "gone");
}

static void a_failing_source_ends_the_call_with_its_error(void **state)
{
	struct http_server *s = http_server_start(*state, OK "\r\nok");
	struct http_source source = { .size = 1 << 20, .read = fail_to_read };
	struct http_call call = { .method = "POST",
				  .url = http_server_url(s, *state),
				  .source = &source };
	struct asked *q = new_client(*state);

	send_call(q, &call);
	assert_false(q->ok);
	assert_error(&q->error, ERROR_NOT_FOUND, "");
}

static void a_reply_has_its_type_and_its_limit(void **state)
{
	struct http_server *s = http_server_start(
		*state, "HTTP/1.1 200 OK\r\nContent-Type: a/b; c=d\r\n"
			"Content-Length: 10\r\n\r\n0123456789");
	struct http_call call = { .method = "GET",
				  .url = http_server_url(s, *state) };
	struct asked *q = new_client(*state);

	send_call(q, &call);
	assert_string_equal(q->reply.type, "a/b; c=d");
	assert_false(q->reply.cut);
	buf_fini(&q->reply.body);
	http_reply_init(&q->reply);
	q->reply.body.limit = 5;
	assert_true(http_client_send(&q->client, &call, &q->reply, &q->error));
	assert_true(q->reply.cut);
	assert_true(q->reply.body.len <= 5);
}

static void a_redirect_is_reported_and_not_followed(void **state)
{
	struct http_server *s = http_server_start(
		*state, "HTTP/1.1 302 Found\r\nLocation: ../y?z\r\n"
			"Content-Length: 0\r\n\r\n");
	struct buf to;
	struct http_call call = { .method = "GET",
				  .url = http_server_url(s, *state),
				  .redirect = &to };
	struct asked *q = new_client(*state);

	buf_init(&to, 1000);
	send_call(q, &call);
	assert_true(q->ok);
	assert_int_equal(q->reply.status, 302);
	assert_string_equal(buf_text(&to),
			    arena_printf(*state, "http://127.0.0.1:%d/y?z",
					 s->port));
	assert_int_equal(s->connections, 1);
	buf_fini(&to);
}

static void the_first_byte_has_its_own_limit(void **state)
{
	static const struct http_settings quick = { .peer = "The server",
						    .connect_ms = 60000,
						    .first_byte_ms = 100,
						    .silence_ms = 60000 };
	struct http_server *s = http_server_start(*state, NULL);
	struct http_call call = { .method = "GET",
				  .url = http_server_url(s, *state) };
	struct asked *q = new_client(*state);
	int64_t begun = clock_ms();

	q->client.settings = &quick;
	send_call(q, &call);
	assert_error(&q->error, ERROR_TIMEOUT, "");
	assert_contains(q->error.message, "The server did not answer");
	assert_in_range(clock_ms() - begun, 90, 30000);
}

static void silence_within_a_response_has_its_limit(void **state)
{
	static const struct http_settings quick = { .peer = "The server",
						    .connect_ms = 60000,
						    .first_byte_ms = 60000,
						    .silence_ms = 100 };
	struct http_server *s = http_server_start(*state, OK);
	struct http_call call = { .method = "GET",
				  .url = http_server_url(s, *state) };
	struct asked *q = new_client(*state);
	int64_t begun = clock_ms();

	q->client.settings = &quick;
	/* The head has begun, but is not complete. */
	s->delay_ms = 400;
	send_call(q, &call);
	assert_error(&q->error, ERROR_TIMEOUT, "");
	assert_true(clock_ms() - begun >= 400);
}

static void a_call_may_have_an_overall_limit(void **state)
{
	struct http_server *s = http_server_start(*state, NULL);
	struct http_call call = { .method = "GET",
				  .url = http_server_url(s, *state),
				  .max_ms = 100 };
	struct asked *q = new_client(*state);

	send_call(q, &call);
	assert_error(&q->error, ERROR_TIMEOUT, "");
}

/* A reply whose text tells how far it has come. */
struct told_reply {
	char text[16];
	size_t n;
};

static enum flow take_told(void *ctx, const char *p, size_t n)
{
	struct told_reply *r = ctx;

	for (size_t i = 0; i < n && r->n < sizeof(r->text) - 1; i++)
		r->text[r->n++] = p[i];
	return FLOW_CONTINUE;
}

static enum http_progress told_progress(const void *ctx)
{
	const struct told_reply *r = ctx;

	if (strchr(r->text, '.') != NULL)
		return HTTP_WHOLE;
	if (strchr(r->text, ',') != NULL)
		return HTTP_USABLE;
	return strchr(r->text, ';') != NULL ? HTTP_UNDER_WAY : HTTP_NOTHING_YET;
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* The connection of a reply that ends properly is used again; of one that does
 * not, only the reply counts. */
static void a_whole_reply_does_not_wait_for_its_transfer(void **state)
{
	static const struct {
		const char *answer;
		bool ok;
		unsigned connections; /* of three such calls */
	} rows[] = {
		{ CHUNKED "3\r\nab.\r\n0\r\n\r\n", true, 1 },
		{ CHUNKED "3\r\nab.\r\n2\r\ncd\r\n0\r\n\r\n", true, 1 },
		{ CHUNKED "3\r\nab.\r\n", true, 3 },
		{ CHUNKED "3\r\nab.\r\nno size\r\n", true, 3 },
		{ CHUNKED "3\r\nab,\r\nno size\r\n", true, 3 },
		{ CHUNKED "2\r\nab\r\nno size\r\n", false, 3 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_server *s =
			http_server_start(*state, rows[i].answer);
		struct told_reply told;
		struct http_call call = { .method = "GET",
					  .url = http_server_url(s, *state),
					  .on_bytes = take_told,
					  .progress = told_progress,
					  .ctx = &told };
		struct asked *q = new_client(*state);

		for (int n = 0; n < 3; n++) {
			told = (struct told_reply){ 0 };
			send_call(q, &call);
			assert_int_equal(q->ok, rows[i].ok);
			assert_memory_equal(told.text, "ab", 2);
		}
		assert_int_equal(s->connections, rows[i].connections);
	}
}

/* Signs of life are not the reply; what began may take any time. */
static void a_reply_may_have_to_begin_by_a_time(void **state)
{
	static const struct http_settings patient = { .peer = "The server",
						      .connect_ms = 60000,
						      .silence_ms = 500 };
	static const struct {
		const char *answer, *says;
		enum http_abandon abandon;
	} rows[] = {
		{ CHUNKED "3\r\nabc\r\n", "did not begin its reply in time",
		  HTTP_ABANDON_AT_ONCE },
		{ NULL, "did not begin its reply in time",
		  HTTP_ABANDON_AT_ONCE },
		{ CHUNKED "3\r\nab;\r\n", "did not answer within",
		  HTTP_ABANDON_AT_ONCE },
		{ CHUNKED "3\r\nabc\r\n", "did not answer within",
		  HTTP_ABANDON_NEVER },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_server *s =
			http_server_start(*state, rows[i].answer);
		struct told_reply told = { 0 };
		struct http_call call = { .method = "GET",
					  .url = http_server_url(s, *state),
					  .on_bytes = take_told,
					  .progress = told_progress,
					  .abandon = rows[i].abandon,
					  .ctx = &told };
		struct asked *q = new_client(*state);

		q->client.settings = &patient;
		q->client.start_by_ms = clock_ms() + 200;
		send_call(q, &call);
		assert_error(&q->error, ERROR_TIMEOUT, "");
		assert_contains(q->error.message, rows[i].says);
	}
}

/* Whatever the URL says, and although an idle connection could be reused. */
static void a_named_address_is_the_only_one(void **state)
{
	struct http_server *s = http_server_start(*state, OK "\r\nok");
	struct http_call plain = { .method = "GET",
				   .url = http_server_url(s, *state) };
	struct http_call pinned = {
		.method = "GET",
		.url = arena_printf(*state, "https://127.0.0.1:%d/", s->port),
		/* No machine has it (RFC 5737). */
		.address = "192.0.2.1",
		.max_ms = 300
	};
	struct asked *q = new_client(*state);

	send_call(q, &plain);
	assert_true(q->ok);
	send_call(q, &pinned);
	assert_false(q->ok);
	assert_int_equal(s->connections, 1);
	/* Only https. */
	pinned.url = plain.url;
	send_call(q, &pinned);
	assert_false(q->ok);
	assert_error(&q->error, ERROR_UPSTREAM, "");
	/* The server's own address: the handshake fails, but it is reached. */
	pinned.url = arena_printf(*state, "https://name.invalid:%d/", s->port);
	pinned.address = "127.0.0.1";
	pinned.max_ms = 300;
	send_call(q, &pinned);
	assert_false(q->ok);
	for (int i = 0; s->connections < 2 && i < 500; i++)
		clock_sleep_ms(10);
	assert_int_equal(s->connections, 2);
}

/* A client that left, as a gateway sees it, and what the call has learned. */
struct leaver {
	struct gateway gateway;
	struct http_watch watch;
	int fds[2];
	bool learned;
};

static enum gateway_state gone(void *ctx)
{
	(void)ctx;
	return GATEWAY_GONE;
}

static int64_t no_tick(void *ctx)
{
	(void)ctx;
	return 1000;
}

static void no_settling(void *ctx)
{
	(void)ctx;
}

static bool has_learned(const void *ctx)
{
	const struct leaver *l = ctx;

	return l->learned;
}

static void close_leaver(void *ctx)
{
	struct leaver *l = ctx;

	close(l->fds[0]);
	close(l->fds[1]);
}

static struct leaver *leaver_new(struct arena *a)
{
	struct leaver *l = arena_alloc(a, sizeof(*l));

	assert_int_equal(pipe(l->fds), 0);
	assert_int_equal(write(l->fds[1], "", 1), 1);
	l->gateway = (struct gateway){ .state = gone };
	l->gateway.watch[0].fd = l->fds[0];
	l->gateway.watch[0].events = POLLIN;
	l->gateway.watch[1].fd = -1;
	l->watch = (struct http_watch){ .gateway = &l->gateway,
					.tick = no_tick,
					.settled = no_settling,
					.ctx = l };
	arena_own(a, l, close_leaver);
	return l;
}

static void a_client_that_left_ends_only_calls_that_may_end(void **state)
{
	static const struct {
		enum http_abandon abandon;
		bool learned, ok;
	} rows[] = {
		{ HTTP_ABANDON_AT_ONCE, false, false },
		{ HTTP_ABANDON_ONCE_LEARNED, true, false },
		{ HTTP_ABANDON_ONCE_LEARNED, false, true },
		{ HTTP_ABANDON_NEVER, true, true },
	};
	struct http_server *s = http_server_start(*state, OK "\r\nok");
	struct leaver *l = leaver_new(*state);
	struct asked *q = new_client(*state);

	s->delay_ms = 100;
	q->client.watch = &l->watch;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_call call = { .method = "GET",
					  .url = http_server_url(s, *state),
					  .abandon = rows[i].abandon,
					  .learned = has_learned,
					  .ctx = l };

		l->learned = rows[i].learned;
		send_call(q, &call);
		assert_int_equal(q->ok, rows[i].ok);
		if (!q->ok)
			assert_error(&q->error, ERROR_CLIENT_GONE, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_body_is_sent_from_its_source),
		TEST(a_source_is_read_again_for_a_second_attempt),
		TEST(a_failing_source_ends_the_call_with_its_error),
		TEST(a_reply_has_its_type_and_its_limit),
		TEST(a_redirect_is_reported_and_not_followed),
		TEST(the_first_byte_has_its_own_limit),
		TEST(silence_within_a_response_has_its_limit),
		TEST(a_call_may_have_an_overall_limit),
		TEST(a_whole_reply_does_not_wait_for_its_transfer),
		TEST(a_reply_may_have_to_begin_by_a_time),
		TEST(a_named_address_is_the_only_one),
		TEST(a_client_that_left_ends_only_calls_that_may_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
