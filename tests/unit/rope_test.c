/* SPDX-License-Identifier: MIT */
/* Ropes: what is lent reads like what is copied, wherever one begins. */
#include "tests/unit/support/test.h"

#include <string.h>

#define LONG (64 * 1024) /* from here on texts are lent */
#define LIMIT (1024 * 1024)

/* Every kind of escape, at places that differ. */
static char *long_text(struct arena *a, size_t n)
{
	static const char escaped[] = "\n\"\\\x01\t\x1F/\x7F";
	char *text = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = 'a';
	for (size_t i = 0; i < n; i++)
		if (i % 7 == 0 || i % 11 < 3)
			text[i] = escaped[i % (sizeof(escaped) - 1)];
	return text;
}

static void write_all(struct json_writer *w, const char *text, size_t n)
{
	json_object(w, NULL);
	json_put_text(w, "a", "short");
	json_put_text_n(w, "b", text, n);
	json_put_text_n(w, "c", text + 3, n - 3);
	json_put_int(w, "d", 7);
	json_close_object(w);
}

static struct rope *both(struct arena *a, size_t n, const char **copied)
{
	struct rope *lent = rope_new(a, LIMIT);
	struct buf *out = arena_buf(a, LIMIT);
	const char *text = long_text(a, n);
	struct json_writer w;

	json_writer_init(&w, out);
	write_all(&w, text, n);
	json_writer_init_rope(&w, lent);
	write_all(&w, text, n);
	*copied = buf_text(out);
	return lent;
}

static void what_is_lent_reads_as_what_is_copied(void **state)
{
	static const size_t lengths[] = { 100, LONG - 1, LONG, LONG + 3,
					  3 * LONG };

	for (size_t i = 0; i < COUNT(lengths); i++) {
		const char *copied;
		struct rope *r = both(*state, lengths[i], &copied);

		assert_int_equal(rope_size(r), strlen(copied));
		assert_string_equal(rope_text(*state, r), copied);
		assert_int_equal(r->n, lengths[i] < LONG     ? 0 :
				       lengths[i] < LONG + 3 ? 1 :
							       2);
		assert_true(r->n < 2 || r->text.len < 100);
	}
}

static void it_can_be_read_in_any_pieces(void **state)
{
	const char *copied;
	struct rope *r = both(*state, LONG + 3, &copied);
	size_t size = strlen(copied);
	char *piece = arena_alloc(*state, size);
	struct error e;

	for (size_t step = 1; step < 5000; step = step * 3 + 1)
		for (size_t at = 0; at < size; at += step) {
			size_t n = size - at < step ? size - at : step;

			assert_true(rope_read(r, (int64_t)at, piece, n, &e));
			assert_memory_equal(piece, copied + at, n);
		}
	/* Backwards, as after a connection that broke. */
	for (size_t at = size - 10; at > 1000; at -= at / 3) {
		assert_true(rope_read(r, (int64_t)at, piece, 10, &e));
		assert_memory_equal(piece, copied + at, 10);
	}
}

static bool breaks(void *ctx, int64_t offset, void *p, size_t n,
		   struct error *e)
{
	(void)ctx, (void)offset, (void)p, (void)n;
	return error_set(e, ERROR_INTERNAL, "It broke.");
}

static void a_source_can_fail(void **state)
{
	const struct rope_source source = { .size = 10, .read = breaks };
	struct rope *r = rope_new(*state, LIMIT);
	struct error e = { .kind = ERROR_KINDS };
	char bytes[11];

	buf_puts(&r->text, "a");
	rope_lend(r, &source);
	assert_true(rope_read(r, 0, bytes, 1, &e));
	assert_false(rope_read(r, 0, bytes, sizeof(bytes), &e));
	assert_error(&e, ERROR_INTERNAL, "");
}

static void what_is_lent_counts_for_the_limit(void **state)
{
	struct rope_source source = { .size = 100 };
	struct rope *r = rope_new(*state, 110);

	buf_puts(&r->text, "123456789");
	rope_lend(r, &source);
	assert_false(rope_full(r));
	buf_puts(&r->text, "ab");
	assert_true(rope_full(r));
	source.size = 0;
	rope_lend(r, &source);
	assert_int_equal(r->n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_lent_reads_as_what_is_copied),
		TEST(it_can_be_read_in_any_pieces),
		TEST(a_source_can_fail),
		TEST(what_is_lent_counts_for_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
