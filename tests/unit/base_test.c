/* SPDX-License-Identifier: MIT */
/* Ids, escapes, base64url, secrets, errors. */
#include "tests/unit/support/test.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/percent.h"
#include "base/random_id.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/utf8.h"

static void ids_are_long_clean_and_unique(void **state)
{
	const char *first = random_id(*state, "req_");

	for (int i = 0; i < 200; i++) {
		const char *id = random_id(*state, "req_");

		assert_memory_equal(id, "req_", 4);
		assert_int_equal(strlen(id), 4 + RANDOM_ID_LENGTH);
		for (const char *p = id + 4; *p != '\0'; p++)
			assert_true(isalnum((unsigned char)*p));
		assert_string_not_equal(id, first);
	}
}

/* 62 characters in 12,000 draws: none is missing. */
static void ids_use_their_whole_alphabet(void **state)
{
	bool seen[256] = { false };
	int n = 0;

	for (int i = 0; i < 500; i++)
		for (const char *p = random_id(*state, ""); *p != '\0'; p++)
			seen[(unsigned char)*p] = true;
	for (int i = 0; i < 256; i++)
		n += seen[i];
	assert_int_equal(n, 62);
}

static void ordered_ids_grow_with_time(void **state)
{
	const char *last = random_id_ordered(*state, "req_");

	for (int i = 0; i < 20; i++) {
		const char *id, *other;

		clock_sleep_ms(2);
		id = random_id_ordered(*state, "req_");
		other = random_id_ordered(*state, "req_");
		assert_memory_equal(id, "req_", 4);
		assert_int_equal(strlen(id), 4 + RANDOM_ID_LENGTH);
		assert_int_equal(strspn(id + 4, "0123456789"
						"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						"abcdefghijklmnopqrstuvwxyz"),
				 RANDOM_ID_LENGTH);
		assert_true(strcmp(id, last) > 0);
		assert_true(strcmp(other, last) > 0);
		/* What follows the time is random. */
		assert_string_not_equal(id + 12, other + 12);
		last = id;
	}
}

static void escapes_are_decoded_once(void **state)
{
	static const struct {
		const char *in, *out; /* out NULL: refused */
	} rows[] = {
		{ "", "" },
		{ "abc", "abc" },
		{ "%41%62", "Ab" },
		{ "%2f%2F", "//" },
		{ "%252e", "%2e" },
		{ "+", "+" },
		{ "%e4%BD%a0", "\xE4\xBD\xA0" },
		{ "%", NULL },
		{ "a%4", NULL },
		{ "%4g", NULL },
		{ "%00", NULL },
		{ "%1f", NULL },
		{ "%7f", NULL },
		{ "a\nb", NULL },
		{ "%%41", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[32];
		bool ok = percent_decode(rows[i].in, strlen(rows[i].in), out);

		assert_int_equal(ok, rows[i].out != NULL);
		if (ok)
			assert_string_equal(out, rows[i].out);
	}
}

static void an_escape_may_not_pass_the_end(void **state)
{
	char out[8];

	(void)state;
	assert_false(percent_decode("%41", 2, out));
	assert_true(percent_decode("%412", 3, out));
	assert_string_equal(out, "A");
}

/* RFC 4648, section 10, with the alphabet of section 5. */
static void base64url_is_decoded(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "Zg", "f" },
		{ "Zm8", "f\157" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg", "foob" },
		{ "Zm9vYmE", "fooba" },
		{ "-_-_", "\xFB\xFF\xBF" },
		{ "Zm9v!", NULL },
		{ "+/+/", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *out = base64url_decode(*state, rows[i].in,
						   strlen(rows[i].in));

		if (rows[i].out == NULL)
			assert_null(out);
		else
			assert_string_equal(out, rows[i].out);
	}
}

static void white_space_is_trimmed(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },    { " \t\r\n\v\f", "" },
		{ "a", "a" },  { " a b\n", "a b" },
		{ "a ", "a" }, { "\xC2\xA0", "\xC2\xA0" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *copy = arena_copy(*state, rows[i].in);
		size_t n = strlen(rows[i].in);
		const char *p = text_trim(rows[i].in, &n);

		assert_int_equal(n, strlen(rows[i].out));
		assert_memory_equal(p, rows[i].out, n);
		assert_string_equal(text_trim_in_place(copy), rows[i].out);
	}
}

/* FIPS 180-2, appendix B.1. */
static void a_fingerprint_is_sha_256(void **state)
{
	char hex[FINGERPRINT_SIZE];

	(void)state;
	secret_fingerprint("abc", hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
				 "b00361a396177a9cb410ff61f20015ad");
}

static void fingerprints_are_compared_whole(void **state)
{
	char a[FINGERPRINT_SIZE], b[FINGERPRINT_SIZE];

	(void)state;
	secret_fingerprint("secret", a);
	secret_fingerprint("secret", b);
	assert_true(secret_same_fingerprint(a, b));
	for (size_t i = 0; i < FINGERPRINT_SIZE - 1; i++) {
		char digit = b[i];

		b[i] = digit == 'a' ? 'b' : 'a';
		assert_false(secret_same_fingerprint(a, b));
		b[i] = digit;
	}
}

static void a_label_does_not_reveal_the_secret(void **state)
{
	assert_string_equal(secret_label(*state, "sk-abcdefghijklmnop9f3c"),
			    "sk-a\xE2\x80\xA6"
			    "9f3c");
	assert_lacks(secret_label(*state, "sk-default"), "default");
	assert_lacks(secret_label(*state, "secret"), "s");
	assert_contains(secret_label(*state, "abc"), "#ba7816");
}

static void a_sealed_text_opens_with_its_secret(void **state)
{
	size_t n, m;
	void *x = secret_seal(*state, "key", "the text", &n);
	void *y = secret_seal(*state, "key", "the text", &m);

	assert_string_equal(secret_open(*state, "key", x, n), "the text");
	assert_null(memmem(x, n, "the text", 8));
	assert_int_equal(n, m);
	assert_memory_not_equal(x, y, n);
	x = secret_seal(*state, "key", "", &n);
	assert_string_equal(secret_open(*state, "key", x, n), "");
}

static void another_secret_opens_nothing(void **state)
{
	size_t n;
	void *x = secret_seal(*state, "key", "the text", &n);

	assert_null(secret_open(*state, "kez", x, n));
	assert_null(secret_open(*state, "", x, n));
}

static void changed_bytes_open_nothing(void **state)
{
	size_t n;
	unsigned char *x = secret_seal(*state, "key", "the text", &n);

	for (size_t i = 0; i < n; i++) {
		x[i] ^= 1;
		assert_null(secret_open(*state, "key", x, n));
		x[i] ^= 1;
	}
	for (size_t i = 0; i < n; i++)
		assert_null(secret_open(*state, "key", x, i));
	assert_null(secret_open(*state, "key", NULL, 0));
}

static void secrets_inside_texts_are_redacted(void **state)
{
	static const char *const rows[][2] = {
		{ "key sk-abc123 is bad", "key sk-...... is bad" },
		{ "org-a1 <ak-b2>", "org-.. <ak-..>" },
		{ "eyJhbGci.eyJh.c2ln,", "eyJ...............," },
		{ "task-force, risk-free", "task-force, risk-free" },
		{ "Bearer:sk-a_b-c.d!", "Bearer:sk-.......!" },
		{ "sk-", "sk-" },
		{ "only 'sk-default' works", "only 'sk-default' works" },
		{ "sk-false", "sk-false" },
		{ "sk-default2 sk-defaul", "sk-........ sk-......" },
		{ "two sk-aa sk-bb", "two sk-.. sk-.." },
		{ "as labelled: sk-a\xE2\x80\xA6z sk-d\xE2\x80\xA6#0e71d7",
		  "as labelled: sk-a\xE2\x80\xA6z sk-d\xE2\x80\xA6#0e71d7" },
		{ "", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = arena_copy(*state, rows[i][0]);

		secret_redact(text);
		assert_string_equal(text, rows[i][1]);
	}
}

static void every_kind_of_error_has_a_row(void **state)
{
	(void)state;
	for (int i = 0; i < ERROR_KINDS; i++) {
		enum error_kind kind = (enum error_kind)i;

		assert_non_null(error_name(kind));
		assert_in_range(error_status(kind), 400, 599);
		assert_int_equal(error_kind_named(error_name(kind)), kind);
	}
	assert_int_equal(error_kind_named("no such"), ERROR_UPSTREAM);
}

static void an_error_is_cut_to_fit_and_stays_utf8(void **state)
{
	char *text = arena_alloc(*state, 2000);
	struct error e;

	for (size_t i = 0; i + 3 < 1990; i += 3)
		memcpy(text + i, "\xE4\xBD\xA0", 3);
	for (int shift = 0; shift < 3; shift++) {
		assert_false(error_set(&e, ERROR_INTERNAL, "%.*s%s", shift,
				       "ab", text));
		assert_true(strlen(e.message) < sizeof(e.message));
		assert_true(utf8_valid(e.message, strlen(e.message)));
	}
	assert_false(error_field(&e, ERROR_VALUE, text, "x"));
	assert_true(strlen(e.param) < sizeof(e.param));
	assert_true(utf8_valid(e.param, strlen(e.param)));
	assert_int_equal(e.retry_after_ms, 0);
}

/* A text inside the message was cut, not its end. */
static void a_character_cut_inside_an_error_is_repaired(void **state)
{
	struct error e;

	(void)state;
	error_set(&e, ERROR_MODEL, "'%.4s' is not here",
		  "\xE4\xBD\xA0\xE5\xA5\xBD");
	assert_string_equal(e.message, "'\xE4\xBD\xA0?' is not here");
}

static void a_known_secret_is_redacted_even_if_cut(void **state)
{
	char whole[] = "bad token opaque-refresh-1 given";
	char cut[] = "bad token opaque-ref";
	char other[] = "bad token opaque";

	(void)state;
	secret_redact_word(whole, "opaque-refresh-1");
	assert_string_equal(whole, "bad token ................ given");
	secret_redact_word(cut, "opaque-refresh-1");
	assert_string_equal(cut, "bad token ..........");
	secret_redact_word(other, NULL);
	assert_string_equal(other, "bad token opaque");
}

static void a_text_is_cut_between_characters(void **state)
{
	const char *text = "abcé";

	assert_ptr_equal(text_cut(*state, text, 5), text);
	assert_string_equal(text_cut(*state, text, 4), "abc");
	assert_string_equal(text_cut(*state, text, 2), "ab");
	assert_string_equal(text_cut(*state, "", 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ids_are_long_clean_and_unique),
		TEST(ids_use_their_whole_alphabet),
		TEST(ordered_ids_grow_with_time),
		TEST(escapes_are_decoded_once),
		TEST(a_text_is_cut_between_characters),
		TEST(an_escape_may_not_pass_the_end),
		TEST(base64url_is_decoded),
		TEST(white_space_is_trimmed),
		TEST(a_fingerprint_is_sha_256),
		TEST(fingerprints_are_compared_whole),
		TEST(a_label_does_not_reveal_the_secret),
		TEST(a_sealed_text_opens_with_its_secret),
		TEST(another_secret_opens_nothing),
		TEST(changed_bytes_open_nothing),
		TEST(secrets_inside_texts_are_redacted),
		TEST(every_kind_of_error_has_a_row),
		TEST(an_error_is_cut_to_fit_and_stays_utf8),
		TEST(a_character_cut_inside_an_error_is_repaired),
		TEST(a_known_secret_is_redacted_even_if_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
