/* SPDX-License-Identifier: MIT */
/* Metrics are written as Prometheus reads them. */
#include "tests/unit/support/test.h"

#include "app/usage/exposition.h"

struct page {
	struct buf out;
	struct exposition x;
};

static void begin(struct page *p)
{
	buf_init(&p->out, 4096);
	p->x = (struct exposition){ .out = &p->out };
}

static void expect(struct page *p, const char *text)
{
	assert_string_equal(buf_text(&p->out), text);
	buf_fini(&p->out);
}

static void a_family_has_a_help_a_type_and_samples(void **state)
{
	static const struct exposition_label labels[] = {
		{ "model", "kimi-k3" },
		{ "key", "alice" },
		{ NULL, NULL },
	};
	struct page p;

	(void)state;
	begin(&p);
	exposition_family(&p.x, "tokens_total", "counter", "All tokens.");
	exposition_sample(&p.x, labels, 12);
	exposition_gauge(&p.x, "bytes", "A size.", 4096);
	expect(&p, "# HELP tokens_total All tokens.\n"
		   "# TYPE tokens_total counter\n"
		   "tokens_total{model=\"kimi-k3\",key=\"alice\"} 12\n"
		   "# HELP bytes A size.\n"
		   "# TYPE bytes gauge\n"
		   "bytes 4096\n");
}

static void whatever_a_label_says_it_is_one(void **state)
{
	static const struct exposition_label labels[] = {
		{ "key", "a\"} 1\nb\\n\tü 月" },
		{ NULL, NULL },
	};
	struct page p;

	(void)state;
	begin(&p);
	p.x.family = "n";
	exposition_sample(&p.x, labels, 1);
	expect(&p, "n{key=\"a\\\"} 1\\nb\\\\n\tü 月\"} 1\n");
}

static void labels_without_a_value_are_left_out(void **state)
{
	static const struct exposition_label some[] = {
		{ "key", NULL },
		{ "model", "" },
		{ "service", "web" },
		{ NULL, NULL },
	};
	static const struct exposition_label none[] = {
		{ "key", NULL },
		{ "model", "" },
		{ NULL, NULL },
	};
	struct page p;

	(void)state;
	begin(&p);
	p.x.family = "n";
	exposition_sample(&p.x, some, 1);
	exposition_sample(&p.x, none, 2);
	expect(&p, "n{service=\"web\"} 1\nn 2\n");
}

static void numbers_are_exact_as_far_as_they_go(void **state)
{
	struct page p;

	(void)state;
	begin(&p);
	p.x.family = "n";
	exposition_sample(&p.x, NULL, 0);
	exposition_sample(&p.x, NULL, 8999999999999999);
	exposition_sample(&p.x, NULL, 0.000000001);
	exposition_sample(&p.x, NULL, 123456.123456789);
	exposition_sample(&p.x, NULL, 1796103131.25);
	expect(&p, "n 0\nn 8999999999999999\nn 1e-09\nn 123456.123456789\n"
		   "n 1796103131.25\n");
}

static void a_histogram_ends_with_all_that_it_counts(void **state)
{
	static const struct exposition_label labels[] = {
		{ "model", "m" },
		{ NULL, NULL },
	};
	static const int64_t bounds[] = { 500, 1000, 100000 };
	static const int64_t at_most[] = { 1, 3, 4 };
	const struct exposition_times times = { .bounds_ms = bounds,
						.at_most = at_most,
						.n = 3,
						.count = 5,
						.sum_ms = 123456 };
	struct page p;

	(void)state;
	begin(&p);
	p.x.family = "t";
	exposition_times(&p.x, labels, &times);
	expect(&p, "t_bucket{model=\"m\",le=\"0.5\"} 1\n"
		   "t_bucket{model=\"m\",le=\"1\"} 3\n"
		   "t_bucket{model=\"m\",le=\"100\"} 4\n"
		   "t_bucket{model=\"m\",le=\"+Inf\"} 5\n"
		   "t_sum{model=\"m\"} 123.456\n"
		   "t_count{model=\"m\"} 5\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_family_has_a_help_a_type_and_samples),
		TEST(whatever_a_label_says_it_is_one),
		TEST(labels_without_a_value_are_left_out),
		TEST(numbers_are_exact_as_far_as_they_go),
		TEST(a_histogram_ends_with_all_that_it_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
