/* SPDX-License-Identifier: MIT */
/* Bytes of files: hash, base64, temporary files, media types. */
#include "tests/unit/support/test.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/spool.h"
#include "chat/media_type.h"
#include "tests/unit/support/files.h"

static void a_hash_does_not_depend_on_the_pieces(void **state)
{
	struct hash h;
	char whole[HASH_SIZE], pieces[HASH_SIZE];

	(void)state;
	hash_init(&h);
	hash_add(&h, "abc", 3);
	hash_end(&h, whole);
	/* FIPS 180-4, its first example. */
	assert_string_equal(whole, "ba7816bf8f01cfea414140de5dae2223b00361a396"
				   "177a9cb410ff61f20015ad");
	hash_add(&h, "a", 1);
	hash_add(&h, "bc", 2);
	hash_end(&h, pieces);
	assert_string_equal(pieces, whole);
}

/* RFC 4648, section 4, and the padding that some writers leave out. */
static void base64_is_decoded_with_and_without_padding(void **state)
{
	static const struct {
		const char *text, *bytes;
	} rows[] = {
		{ "", "" },
		{ "YQ==", "a" },
		{ "YWI=", "ab" },
		{ "YWJj", "abc" },
		{ "YWJjZA==", "abcd" },
		{ "YWJjZGU=", "abcde" },
		{ "YWJjZGVm", "abcdef" },
		{ "YQ", "a" },
		{ "YWI", "ab" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char bytes[8] = { 0 };
		size_t n = 99;

		assert_true(
			base64_check(rows[i].text, strlen(rows[i].text), &n));
		assert_int_equal(n, strlen(rows[i].bytes));
		base64_read(rows[i].text, 0, bytes, n);
		assert_string_equal(bytes, rows[i].bytes);
	}
}

static void malformed_base64_is_refused(void **state)
{
	static const char *const texts[] = {
		"Z",	    "Zm9vY",	"Zm9v\n", "Z===",  "====",
		"=",	    "Zm 9v",	"Zm9_",	  "Zm9-",  "Zg==Zg==",
		"Zm9v====", "\x80\x80", "Zg=a",	  "Zg%3D",
	};
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (base64_check(texts[i], strlen(texts[i]), &n))
			fail_msg("%s", texts[i]);
}

static void base64_is_decoded_from_any_position(void **state)
{
	unsigned char all[257], some[257];
	char text[BASE64_LENGTH(257)];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)(i * 7);
	/* In two pieces; the length of the first is a multiple of three. */
	base64_write(all, 99, text);
	base64_write(all + 99, sizeof(all) - 99, text + BASE64_LENGTH(99));
	assert_true(base64_check(text, sizeof(text), &n));
	assert_int_equal(n, sizeof(all));
	for (size_t from = 0; from < sizeof(all); from++)
		for (size_t length = 0;
		     length < 7 && from + length <= sizeof(all); length++) {
			base64_read(text, from, some, length);
			assert_memory_equal(some, all + from, length);
		}
}

static size_t entries(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void a_spool_has_no_name_and_gives_its_bytes_back(void **state)
{
	const char *folder = files_folder(*state);
	struct error e = { 0 };
	char hash[HASH_SIZE], bytes[3];
	struct spool s;
	struct stat status;

	assert_true(spool_open(&s, folder, &e));
	assert_int_equal(entries(folder), 0);
	assert_int_equal(fstat(s.fd, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_true(spool_write(&s, "ab", 2, &e));
	assert_true(spool_write(&s, "c", 1, &e));
	assert_int_equal(s.size, 3);
	assert_true(spool_read(&s, 1, bytes, 2, &e));
	assert_memory_equal(bytes, "bc", 2);
	assert_false(spool_read(&s, 2, bytes, 2, &e));
	assert_error(&e, ERROR_INTERNAL, "");
	hash_end(&s.hash, hash);
	assert_memory_equal(hash, "ba7816bf", 8);
	spool_close(&s);
}

static void a_spool_needs_a_folder(void **state)
{
	struct error e = { .kind = ERROR_KINDS };
	struct spool s;

	assert_false(spool_open(
		&s, arena_printf(*state, "%s/none", files_folder(*state)), &e));
	assert_error(&e, ERROR_SETUP, "");
}

#define BYTES(text) text, sizeof(text) - 1

static void types_come_from_bytes_then_declaration_then_name(void **state)
{
	static const struct {
		const char *head;
		size_t n;
		const char *declared, *name, *type;
	} rows[] = {
		{ BYTES("\x89PNG\r\n\x1A\n\0\0"), "image/jpeg", "a.txt",
		  "image/png" },
		{ BYTES("\xFF\xD8\xFF\xE0"), NULL, NULL, "image/jpeg" },
		{ BYTES("GIF87a"), NULL, NULL, "image/gif" },
		{ BYTES("GIF89a"), NULL, NULL, "image/gif" },
		{ BYTES("RIFF\1\2\3\4WEBPVP8 "), NULL, NULL, "image/webp" },
		{ BYTES("BM\1\2\3\4\0\0\0\0\66\0\0\0\50\0\0\0"), NULL, NULL,
		  "image/bmp" },
		{ BYTES("\0\0\0\30ftypheic"), NULL, NULL, "image/heic" },
		{ BYTES("\0\0\0\30ftypmif1"), NULL, NULL, "image/heif" },
		{ BYTES("BMW is no picture, but a car"), NULL, NULL,
		  "text/plain" },
		{ BYTES("x"), "text/csv; charset=utf-8", "a.pdf",
		  "text/csv; charset=utf-8" },
		{ BYTES("x"), "application/octet-stream", "a.PDF",
		  "application/pdf" },
		{ BYTES("x"), NULL, "a.b.md", "text/markdown" },
		{ BYTES("x"), "nonsense", "a.json", "application/json" },
		{ BYTES("x"), "a/b\r\nX: y", "a.json", "application/json" },
		{ BYTES("%PDF-1.7"), NULL, "a.unknown", "application/pdf" },
		{ BYTES("\xE4\xBD\xA0 \xE4\xBD"), NULL, "notes", "text/plain" },
		{ BYTES("a\0b"), NULL, "notes", "application/octet-stream" },
		{ BYTES("\xFF\xFE"), "", "", "application/octet-stream" },
		{ BYTES(""), NULL, NULL, "application/octet-stream" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(media_type_of(rows[i].head, rows[i].n,
						  rows[i].declared,
						  rows[i].name, *state),
				    rows[i].type);
}

static void text_types_are_recognised(void **state)
{
	static const char *const texts[] = {
		"text/plain",	    "TEXT/html; charset=utf-8",
		"application/json", "application/ld+json; a=b",
		"image/svg+xml",    "application/xml",
		"application/yaml", "application/javascript",
	};
	static const char *const others[] = {
		"application/pdf", "application/jsonish", "image/png", "xml",
		"video/mp4",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_true(media_type_is_text(texts[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(media_type_is_text(others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_hash_does_not_depend_on_the_pieces),
		TEST(base64_is_decoded_with_and_without_padding),
		TEST(malformed_base64_is_refused),
		TEST(base64_is_decoded_from_any_position),
		TEST(a_spool_has_no_name_and_gives_its_bytes_back),
		TEST(a_spool_needs_a_folder),
		TEST(types_come_from_bytes_then_declaration_then_name),
		TEST(text_types_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
