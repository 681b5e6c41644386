/* SPDX-License-Identifier: MIT */
/* Compressed bodies: every coding, cut at every byte, incomplete, malformed,
 * larger than they look, or of a library that is missing. */
#include "tests/unit/support/test.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "http/encoding/content_encoding.h"

#define LIMIT 4096
#define TEXT                                                                   \
	"{\"model\":\"k2\",\"input\":\"Hello, hello, hello, "                  \
	"Gr\303\274\303\237e!\"}"

/* What TEXT is in a coding, in hexadecimal digits. */
#define GZIP                                                                   \
	"1f8b08000000000002ffab56cacd4f49cd51b252ca3652d251cacc2b282d0172"     \
	"3c527372f27514325028f7a2c37b0ecf4f5554aa0500d418a64536000000"
#define ZLIB                                                                   \
	"78daab56cacd4f49cd51b252ca3652d251cacc2b282d01723c527372f2751432"     \
	"5028f7a2c37b0ecf4f5554aa0500df0c12a7"
#define BARE_DEFLATE                                                           \
	"ab56cacd4f49cd51b252ca3652d251cacc2b282d01723c527372f27514325028"     \
	"f7a2c37b0ecf4f5554aa0500"
#define BROTLI                                                                 \
	"1b3500882c0e6cb710754932f7e4ac0d4d2d32bc57b63e79eb08ad43d6e4faa4"     \
	"8e0c0b6cc08940186140ab9ea3849293c005c4737577d40c03"
#define ZSTD                                                                   \
	"28b52ffd046885010094027b226d6f64656c223a226b32222c22696e70757422"     \
	"3a2248656c6c6f2c20684772c3bcc39f6521227d0100eb284e9e320626"
#define ZSTD_OF_GZIP                                                           \
	"28b52ffd0468f101001f8b08000000000002ffab56cacd4f49cd51b252ca3652"     \
	"d251cacc2b282d01723c527372f27514325028f7a2c37b0ecf4f5554aa0500d4"     \
	"18a64536000000e9562105"
#define BROTLI_OF_ZSTD                                                         \
	"0b1e8028b52ffd046885010094027b226d6f64656c223a226b32222c22696e70"     \
	"7574223a2248656c6c6f2c20684772c3bcc39f6521227d0100eb284e9e320626"     \
	"03"

/* Of three members, one of which is empty. */
#define GZIP_MEMBERS                                                           \
	"1f8b08000000000002ffab56cacd4f49cd51b252ca3652d251cacc2b282d0100"     \
	"0e3a9f06140000001f8b08000000000002ff030000000000000000001f8b0800"     \
	"0000000002ff53b252f248cdc9c9d751c840a1dc8b0eef393c3f5551a91600bf"     \
	"9ea75b22000000"

/* Of two frames, with a frame to skip between them. */
#define ZSTD_FRAMES                                                            \
	"28b52ffd0468a100007b226d6f64656c223a226b32222c22696e707574652405"     \
	"b3502a4d180300000061626328b52ffd0468dd0000a8223a2248656c6c6f2c20"     \
	"684772c3bcc39f6521227d01003a8a170ac83d22"

struct sample {
	const char *header, *digits;
};

static const struct sample samples[] = {
	{ "gzip", GZIP },
	{ "x-gzip", GZIP },
	{ "deflate", ZLIB },
	{ "deflate", BARE_DEFLATE },
	{ "br", BROTLI },
	{ "zstd", ZSTD },
	{ "gzip, zstd", ZSTD_OF_GZIP },
	{ "zstd,br", BROTLI_OF_ZSTD },
	{ "gzip", GZIP_MEMBERS },
	{ "zstd", ZSTD_FRAMES },
	{ "GZip", GZIP },
	{ "identity, ZSTD\t", ZSTD },
	{ ", gzip ,, identity,", GZIP },
};

/* A body that comes `step` bytes at a time. */
struct body {
	char p[1024];
	size_t len, at, step;
	bool breaks; /* an error instead of its end */
	bool over;   /* its end was given */
};

static struct body body_of(const char *digits, size_t step)
{
	struct body b = { .len = strlen(digits) / 2, .step = step };

	assert_true(b.len < sizeof(b.p));
	for (size_t i = 0; i < b.len; i++)
		sscanf(digits + 2 * i, "%2hhx", (unsigned char *)&b.p[i]);
	return b;
}

static bool read_body(void *ctx, void *p, size_t *n, struct error *e)
{
	struct body *b = ctx;
	size_t left = b->len - b->at;

	assert_false(b->over);
	if (left == 0 && b->breaks)
		return error_set(e, ERROR_CLIENT_GONE, "It broke.");
	if (*n > left)
		*n = left;
	if (*n > b->step)
		*n = b->step;
	memcpy(p, b->p + b->at, *n);
	b->at += *n;
	b->over = *n == 0;
	return true;
}

/* Up to `room` bytes at a time. */
static bool decode_body(const char *header, struct body *b, size_t room,
			struct buf *out, struct error *e)
{
	struct arena arena;
	struct content_source source = { read_body, b };
	struct content_encoding *c;
	bool ok = true;
	size_t n = 0;

	arena_init(&arena);
	c = content_encoding_open(header, LIMIT, source, &arena, e);
	ok = c != NULL;
	do {
		char piece[LIMIT];

		n = room;
		ok = ok && content_encoding_read(c, piece, &n, e);
		ok = ok && buf_append(out, piece, n);
	} while (ok && n > 0);
	arena_fini(&arena);
	return ok;
}

static void assert_decodes(struct arena *a, const struct sample *s, size_t step,
			   size_t room)
{
	struct buf *out = arena_buf(a, LIMIT);
	struct body b = body_of(s->digits, step);
	struct error e = { 0 };

	if (!decode_body(s->header, &b, room, out, &e))
		fail_msg("%s: %s", s->header, e.message);
	assert_string_equal(buf_text(out), TEXT);
	assert_true(b.over);
}

static void assert_fails(const struct sample *s, struct body *b,
			 enum error_kind kind, const char *words)
{
	struct arena arena;
	struct error e = { 0 };

	arena_init(&arena);
	if (decode_body(s->header, b, LIMIT, arena_buf(&arena, 2 * LIMIT), &e))
		fail_msg("%s: %zu bytes were taken", s->header, b->len);
	assert_error(&e, kind, "");
	assert_contains(e.message, words);
	arena_fini(&arena);
}

static void every_coding_is_decoded_however_it_is_cut(void **state)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		size_t whole = strlen(samples[i].digits) / 2;

		for (size_t step = 1; step <= whole; step++)
			assert_decodes(*state, &samples[i], step, LIMIT);
		for (size_t room = 1; room <= 60; room += 3)
			assert_decodes(*state, &samples[i], 1024, room);
	}
}

static void identity_is_the_body_itself(void **state)
{
	static const char *const headers[] = { "identity", "Identity,identity",
					       " , " };

	for (size_t i = 0; i < COUNT(headers); i++) {
		struct buf *out = arena_buf(*state, LIMIT);
		struct body b = body_of("1f8b08", 2);
		struct error e;

		assert_true(decode_body(headers[i], &b, 100, out, &e));
		assert_string_equal(buf_text(out), "\x1f\x8b\x08");
	}
}

/* The members of gzip and the frames of zstd could end earlier. */
static void an_incomplete_body_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 8; i++) {
		size_t whole = strlen(samples[i].digits) / 2;

		for (size_t len = 0; len < whole; len++) {
			struct body b = body_of(samples[i].digits, 1024);

			b.len = len;
			assert_fails(&samples[i], &b, ERROR_BAD_REQUEST,
				     "incomplete");
		}
	}
}

static void a_broken_connection_is_reported(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct body b = body_of(samples[i].digits, 7);

		b.breaks = true;
		assert_fails(&samples[i], &b, ERROR_CLIENT_GONE, "It broke.");
	}
}

static void other_bytes_after_the_end_are_refused(void **state)
{
	static const size_t steps[] = { 1, 7, 1024 };

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++)
		for (size_t j = 0; j < COUNT(steps); j++) {
			struct body b = body_of(samples[i].digits, steps[j]);

			memcpy(b.p + b.len, "garbage", 7);
			b.len += 7;
			assert_fails(&samples[i], &b, ERROR_BAD_REQUEST,
				     "other bytes follow it");
		}
}

/* Plain JSON, too: its first byte is no coding's. */
static void malformed_data_is_refused(void **state)
{
	static const struct sample rows[] = {
		{ "gzip", "7b226d6f64656c223a226b32227d" },
		{ "gzip", ZSTD },
		{ "deflate", "7b226d6f64656c223a226b32227d" },
		{ "deflate", GZIP },
		{ "deflate", "78da07" },
		{ "br", "7b226d6f64656c223a226b32227d" },
		{ "zstd", "7b226d6f64656c223a226b32227d" },
		{ "zstd", GZIP },
		{ "zstd, gzip", ZSTD_OF_GZIP },
		{ "gzip, zstd", ZSTD },
		/* The checksums are wrong. */
		{ "gzip", "1f8b08000000000002ff030001000000000000000" },
		{ "deflate", "78da030000000002" },
		/* A dictionary is wanted. */
		{ "deflate", "78bb000000014b04" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 1; step < 100; step += 9) {
			struct body b = body_of(rows[i].digits, step);

			assert_fails(&rows[i], &b, ERROR_BAD_REQUEST,
				     "is malformed");
		}
}

static void a_large_window_is_refused(void **state)
{
	static const struct sample sample = {
		"zstd", "28b52ffd00709d00006868656c6c6f2c2077696e646f770100"
			"60cf2f"
	};

	(void)state;
	for (size_t step = 1; step < 40; step++) {
		struct body b = body_of(sample.digits, step);

		assert_fails(&sample, &b, ERROR_BAD_REQUEST, "8 MiB");
	}
}

/* 200000 zeros; in the last two, only what lies between the codings is too
 * large. */
static void what_decodes_to_too_much_is_refused(void **state)
{
	static const struct sample rows[] = {
		{ "br", "5b3f0d837f02201e0b04f2090600" },
		{ "zstd",
		  "28b52ffd04684c000008000100fcff391002036a0800c4e97470" },
		{ "gzip, gzip",
		  "1f8b08000000000002ffeddbb10a41011805e07b31c880dd40990d368b"
		  "62312b99e5013c032593e52e5e03afe00d6c52060f208362c2e57a0add"
		  "be6ffae7339ece5f5de6834426beecc2f07bcca2f7e69a2f0400000040"
		  "cacd8ef36c520604b5f8d0eb0f01000080b41b978ab95f29f01c55bae2"
		  "00000080d45bb45be5df42e0369de4c401000000a9b77a9ca3a40ae8ec"
		  "e3c37a1bfa9a0000803f77cabc06f77ad068861f5899e714094c0000" },
		{ "gzip, br", "5b7f1a86ff38dd7007550fef9043f65194a616ffe3c21841"
			      "26120637900500" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct body b = body_of(rows[i].digits, 1024);

		assert_fails(&rows[i], &b, ERROR_TOO_LARGE, "after decoding");
	}
}

/* 4096 zeros, and one more. */
static void the_limit_itself_is_accepted(void **state)
{
	static const struct sample rows[] = {
		{ "br", "1bff0ff82700e2b14020f70000" },
		{ "br", "1b0010f82700e2b14040f70000" },
	};
	struct body b = body_of(rows[0].digits, 1024);
	struct buf *out = arena_buf(*state, LIMIT);
	struct error e;

	assert_true(decode_body("br", &b, LIMIT, out, &e));
	assert_int_equal(out->len, LIMIT);
	b = body_of(rows[1].digits, 1024);
	assert_fails(&rows[1], &b, ERROR_TOO_LARGE, "after decoding");
}

static void unknown_codings_are_named(void **state)
{
	static const char *const rows[][2] = {
		{ "compress", "'compress'" },
		{ "gzip, lzma", "'lzma'" },
		{ "x-zstd,gzip", "'x-zstd'" },
		{ "gzip;q=1", "'gzip;q=1'" },
		{ "g zip", "'g zip'" },
		{ "gzi", "'gzi'" },
		{ "gzip,gzip,gzip,gzip,gzip", "more than 4" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sample s = { rows[i][0], GZIP };
		struct body b = body_of(s.digits, 1);

		assert_fails(&s, &b, ERROR_ENCODING, rows[i][1]);
		assert_int_equal(b.at, 0);
	}
}

/* In place of the C library's, for the program under test, too. */
static const char *missing = "";

void *dlopen(const char *name, int flags)
{
	static void *(*real)(const char *name, int flags);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "dlopen");
	return name != NULL && strcmp(name, missing) == 0 ? NULL :
							    real(name, flags);
}

static void a_missing_library_is_named(void **state)
{
	static const struct {
		const char *library, *rest;
		struct sample sample;
	} rows[] = {
		{ "libz.so.1", "br, zstd", { "gzip", GZIP } },
		{ "libz.so.1", "br, zstd", { "deflate", ZLIB } },
		{ "libbrotlidec.so.1",
		  "gzip, deflate, zstd",
		  { "br", BROTLI } },
		{ "libzstd.so.1", "gzip, deflate, br", { "zstd", ZSTD } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct body b = body_of(rows[i].sample.digits, 1);

		missing = rows[i].library;
		assert_fails(&rows[i].sample, &b, ERROR_ENCODING, missing);
		assert_string_equal(content_encoding_accepted(*state),
				    rows[i].rest);
		missing = "";
	}
	assert_string_equal(content_encoding_accepted(*state),
			    "gzip, deflate, br, zstd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_coding_is_decoded_however_it_is_cut),
		TEST(identity_is_the_body_itself),
		TEST(an_incomplete_body_is_refused),
		TEST(a_broken_connection_is_reported),
		TEST(other_bytes_after_the_end_are_refused),
		TEST(malformed_data_is_refused),
		TEST(a_large_window_is_refused),
		TEST(what_decodes_to_too_much_is_refused),
		TEST(the_limit_itself_is_accepted),
		TEST(unknown_codings_are_named),
		TEST(a_missing_library_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
