/* SPDX-License-Identifier: MIT */
/* How many requests one process serves at once. */
#include "tests/unit/support/test.h"

#include "app/worker_pool.h"
#include "tests/unit/support/site.h"

/* A request that runs, during which another one comes. */
struct second {
	struct worker_pool *pool;
	struct string_gateway *gateway;
};

static void serve_second(void *ctx)
{
	struct second *s = ctx;

	worker_pool_serve(s->pool, &s->gateway->gateway);
}

/* Serves two requests at once and returns the second. */
static struct string_gateway *serve_two(struct site *s,
					struct worker_pool *pool)
{
	struct string_gateway *first = site_request(s, "GET", "/", NULL);
	struct second second = {
		pool, site_request(s, "POST", "/v1/chat/completions", "{}")
	};

	first->watched = "kimi-proxy";
	first->on_watched = serve_second;
	first->watched_ctx = &second;
	worker_pool_serve(pool, &first->gateway);
	assert_contains(buf_text(&first->out), "Status: 200 ");
	return second.gateway;
}

static void with_all_workers_busy_a_request_gets_a_503(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct worker_pool pool;
	struct string_gateway *g;

	worker_pool_init(&pool, &s->apps, 1);
	g = serve_two(s, &pool);
	assert_contains(buf_text(&g->out), "Status: 503 ");
	assert_contains(buf_text(&g->out), "Retry-After: 1\r\n");
	assert_contains(buf_text(&g->out), "server_is_overloaded");
	assert_contains(buf_text(&g->out), "KIMI_WORKERS");
	assert_int_equal(g->body_left, 0);
	assert_int_equal(g->finishes, 1);
	worker_pool_fini(&pool);
}

static void another_worker_serves_it_if_one_is_left(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct worker_pool pool;

	worker_pool_init(&pool, &s->apps, 2);
	assert_contains(buf_text(&serve_two(s, &pool)->out), "Status: 400 ");
	worker_pool_fini(&pool);
}

static void its_size_can_change(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct worker_pool pool;

	worker_pool_init(&pool, &s->apps, 1);
	worker_pool_resize(&pool, 2);
	assert_contains(buf_text(&serve_two(s, &pool)->out), "Status: 400 ");
	worker_pool_resize(&pool, 1);
	assert_contains(buf_text(&serve_two(s, &pool)->out), "Status: 503 ");
	worker_pool_fini(&pool);
}

static void a_refusal_takes_no_worker(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g = site_request(s, "GET", "/", NULL);
	struct worker_pool pool;

	worker_pool_init(&pool, &s->apps, 1);
	serve_two(s, &pool);
	serve_two(s, &pool);
	worker_pool_serve(&pool, &g->gateway);
	assert_contains(buf_text(&g->out), "Status: 200 ");
	worker_pool_fini(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(with_all_workers_busy_a_request_gets_a_503),
		TEST(another_worker_serves_it_if_one_is_left),
		TEST(its_size_can_change),
		TEST(a_refusal_takes_no_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
