/* SPDX-License-Identifier: MIT */
/* Form data, whole and cut at every byte. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "http/header_value.h"
#include "http/multipart.h"

#define LIMIT (1024 * 1024)
#define FIELD(name) "--b\r\nContent-Disposition: form-data; name=" name
#define END "--b--\r\n"

struct log {
	struct buf text;
	bool refuses; /* the bytes of any part */
};

static bool on_part(void *ctx, const struct multipart_part *part,
		    struct error *e)
{
	struct log *log = ctx;

	(void)e;
	buf_printf(&log->text, "<%s|%s|%s>", part->name, part->file,
		   part->type);
	return true;
}

static bool on_bytes(void *ctx, const char *p, size_t n, struct error *e)
{
	struct log *log = ctx;

	assert_true(n > 0);
	if (log->refuses)
		return error_set(e, ERROR_TOO_LARGE, "no more");
	return buf_append(&log->text, p, n);
}

static bool on_end(void *ctx, struct error *e)
{
	struct log *log = ctx;

	(void)e;
	return buf_puts(&log->text, "</>");
}

static bool feed(struct multipart *m, const char *p, size_t n, struct log *log,
		 struct error *e)
{
	struct multipart_events events = { on_part, on_bytes, on_end, log };
	char *copy = test_malloc(n + 1);
	bool ok;

	memcpy(copy, p, n);
	ok = multipart_feed(m, copy, n, &events, e);
	test_free(copy);
	return ok;
}

/* In two pieces cut at `cut`, or in pieces of `step` bytes. */
static const char *parse_cut(struct arena *a, const char *body, size_t n,
			     size_t cut, size_t step)
{
	struct log *log = arena_alloc(a, sizeof(*log));
	struct multipart m;
	struct error e = { .kind = ERROR_KINDS };
	bool ok = true;

	arena_buf_init(a, &log->text, LIMIT);
	assert_true(multipart_init(&m, "multipart/form-data; boundary=b", &e));
	for (size_t at = 0; at < n && ok;) {
		size_t piece = step > 0 ? step : at < cut ? cut : n;

		piece = piece < n - at ? piece : n - at;
		ok = feed(&m, body + at, piece, log, &e);
		at += piece;
	}
	if (!ok)
		buf_printf(&log->text, "!%s", error_name(e.kind));
	else if (multipart_is_whole(&m))
		buf_puts(&log->text, ".");
	multipart_fini(&m);
	return buf_text(&log->text);
}

static const char *parsed(struct arena *a, const char *body)
{
	return parse_cut(a, body, strlen(body), 0, 0);
}

static const struct {
	const char *body, *events;
} rows[] = {
	{ FIELD("\"purpose\"") "\r\n\r\nuser_data\r\n" FIELD(
		  "\"file\"; filename=\"a.pdf\"") "\r\nContent-Type: "
						  "application/pdf\r\n\r\n%PDF"
						  "\r\n" END,
	  "<purpose||>user_data</><file|a.pdf|application/pdf>%PDF</>." },
	{ END, "." },
	{ "preamble\r\n\r\n--c\r\n" FIELD("x") "\r\n\r\n1\r\n" END "epilogue",
	  "<x||>1</>." },
	{ FIELD("x") "\r\n\r\n\r\n" END, "<x||></>." },
	{ FIELD("x") "\r\n\r\n" END, "<x||></>." },
	{ FIELD("x") "\r\n\r\n\r\n\r\n" END, "<x||>\r\n</>." },
	{ FIELD("x") "\r\n\r\n\r\r\n\n--\r\n-\r\n--c--b\r\n" END,
	  "<x||>\r\r\n\n--\r\n-\r\n--c--b</>." },
	{ "--b \t\r\ncontent-disposition:form-data;name=x;y\r\n\r\n1\r\n--b--",
	  "<x||>1</>." },
	{ FIELD("x") "\r\n\r\nnot over\r\n--b", "<x||>not over</>" },
	{ FIELD("x") "\r\n\r\ncut off\r\n--", "<x||>cut off" },
	{ FIELD("x") "\r\n\r\n1\r\n--b-x", "<x||>1</>!bad_request" },
	{ FIELD("x") "\r\n\r\n1\r\n--bc\r\n", "<x||>1</>!bad_request" },
	{ FIELD("x") "\r\n\r\n1\r\n--b\rx", "<x||>1</>!bad_request" },
	{ "--b\r\nContent-Type: text/plain\r\n\r\n1\r\n" END, "!bad_request" },
	{ "--b\r\n\r\n1\r\n" END, "!bad_request" },
};

static void forms_are_read_however_they_are_cut(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i].body);

		assert_string_equal(parsed(*state, rows[i].body),
				    rows[i].events);
		assert_string_equal(parse_cut(*state, rows[i].body, n, 0, 1),
				    rows[i].events);
		for (size_t cut = 1; cut < n; cut++)
			assert_string_equal(parse_cut(*state, rows[i].body, n,
						      cut, 0),
					    rows[i].events);
	}
}

static void any_byte_may_be_in_a_part(void **state)
{
	char body[1024], all[256];
	const char *head = FIELD("x") "\r\n\r\n";
	size_t n = strlen(head);
	const char *events;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	memcpy(body, head, n);
	memcpy(body + n, all, sizeof(all));
	memcpy(body + n + sizeof(all), "\r\n" END, 9);
	events = parse_cut(*state, body, n + sizeof(all) + 9, 0, 7);
	assert_memory_equal(events, "<x||>", 5);
	assert_memory_equal(events + 5, all, sizeof(all));
	assert_string_equal(events + 5 + sizeof(all), "</>.");
}

static void file_names_lose_their_folders(void **state)
{
	static const char *const names[][2] = {
		{ "filename=\"a b.pdf\"", "a b.pdf" },
		{ "filename=a.pdf", "a.pdf" },
		{ "filename=\"C:\\\\dir\\\\a.pdf\"", "a.pdf" },
		{ "filename=\"C:\\dir\\a.pdf\"", "a.pdf" },
		{ "filename=\"../../etc/passwd\"", "passwd" },
		{ "filename=\"a;b=\\\"c\\\".txt\"", "a;b=\"c\".txt" },
		{ "filename=\"%22q%22 50%.txt\"", "\"q\" 50%.txt" },
		{ "filename=\"你好.txt\"", "你好.txt" },
		{ "filename=\"na\xEFve.txt\"", "na?ve.txt" },
		{ "filename=\"a\tb\x7F.txt\"", "ab.txt" },
		{ "filename=\"plain\"; filename*=UTF-8''%e4%bd%a0.txt",
		  "你.txt" },
		{ "filename*=utf-8'en'..%2Fx%5Cy.txt; filename=\"p\"",
		  "y.txt" },
		{ "filename=\"p\"; filename*=latin1''%E9", "p" },
		{ "filename=\"p\"; filename*=UTF-8''%zz", "p" },
		{ "FILENAME=\"a\"", "a" },
		{ "filename=\"\"", "" },
		{ "filename=\"open", "open" },
		{ "x=\"; filename=no\"", "" },
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *body =
			arena_printf(*state, FIELD("f; %s") "\r\n\r\n1\r\n" END,
				     names[i][0]);

		assert_string_equal(parsed(*state, body),
				    arena_printf(*state, "<f|%s|>1</>.",
						 names[i][1]));
	}
}

static void long_names_end_with_a_complete_character(void **state)
{
	char name[400] = "a";
	const char *events, *bar;

	for (size_t i = 1; i + 3 < sizeof(name); i += 3)
		memcpy(name + i, "你", 4);
	events = parsed(*state,
			arena_printf(*state,
				     FIELD("f; filename=\"%s\"") "\r\n"
								 "\r\n"
								 "1\r\n" END,
				     name));
	bar = strrchr(events, '|');
	assert_int_equal(bar - events - 3, 253);
	assert_memory_equal(events + 3, name, 253);
}

static void types_that_no_header_could_hold_are_dropped(void **state)
{
	char type[200] = "x/";

	memset(type + 2, 'y', sizeof(type) - 3);
	assert_string_equal(
		parsed(*state, arena_printf(*state,
					    FIELD("f") "\r\nContent-Type: %s"
						       "\r\n\r\n1\r\n" END,
					    type)),
		"<f||>1</>.");
	assert_string_equal(parsed(*state,
				   FIELD("f") "\r\nContent-Type: "
					      "a/b\xE9\r\n\r\n1\r\n" END),
			    "<f||>1</>.");
	assert_string_equal(parsed(*state,
				   FIELD("f") "\r\ncontent-type:  "
					      "a/b; c=d\r\n\r\n1\r\n" END),
			    "<f||a/b; c=d>1</>.");
}

static void heads_have_a_limit(void **state)
{
	char *junk = arena_alloc(*state, 10000);

	memset(junk, 'x', 9999);
	assert_string_equal(
		parsed(*state,
		       arena_printf(*state, "--b\r\nX: %s\r\n\r\n", junk)),
		"!bad_request");
}

static void a_nul_in_a_head_is_refused(void **state)
{
	static const char body[] =
		"--b\r\nContent-Disposition: form-data; name=\"a\0b\"\r\n\r\n";

	assert_string_equal(parse_cut(*state, body, sizeof(body) - 1, 0, 0),
			    "!bad_request");
}

static void refused_bytes_stop_the_parser(void **state)
{
	const char *body = FIELD("x") "\r\n\r\n1\r\n" END;
	struct log log = { .refuses = true };
	struct multipart m;
	struct error e;

	(void)state;
	buf_init(&log.text, LIMIT);
	assert_true(multipart_init(&m, "multipart/form-data; boundary=b", &e));
	assert_false(feed(&m, body, strlen(body), &log, &e));
	assert_error(&e, ERROR_TOO_LARGE, "");
	multipart_fini(&m);
	buf_fini(&log.text);
}

static void the_content_type_must_name_a_boundary(void **state)
{
	static const struct {
		const char *type, *mark;
	} types[] = {
		{ "multipart/form-data; boundary=a", "\r\n--a" },
		{ "Multipart/Form-Data;charset=x; BOUNDARY=\"a b\"",
		  "\r\n--a b" },
		{ "multipart/form-data; boundary=a=b:c ; x", "\r\n--a=b:c" },
		{ "multipart/form-data; boundary=\"a\\\"\"", "\r\n--a\"" },
		{ "multipart/form-data", NULL },
		{ "multipart/form-data; boundary=", NULL },
		{ "multipart/form-data; boundary=\"a \"", NULL },
		{ "multipart/form-data; boundary=\xE9", NULL },
		{ "multipart/form-data; boundary="
		  "123456789012345678901234567890123456789012345678901234567890"
		  "12345678901",
		  NULL },
		{ "multipart/mixed; boundary=a", NULL },
		{ "multipart/form-dataset; boundary=a", NULL },
		{ "application/json", NULL },
		{ NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct error e = { .kind = ERROR_KINDS };
		struct multipart m;
		bool ok = multipart_init(&m, types[i].type, &e);

		if (ok != (types[i].mark != NULL))
			fail_msg("%s", types[i].type);
		if (ok)
			assert_string_equal(m.mark, types[i].mark);
		else
			assert_error(&e, ERROR_BAD_REQUEST, "");
		multipart_fini(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(forms_are_read_however_they_are_cut),
		TEST(any_byte_may_be_in_a_part),
		TEST(file_names_lose_their_folders),
		TEST(long_names_end_with_a_complete_character),
		TEST(types_that_no_header_could_hold_are_dropped),
		TEST(heads_have_a_limit),
		TEST(a_nul_in_a_head_is_refused),
		TEST(refused_bytes_stop_the_parser),
		TEST(the_content_type_must_name_a_boundary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
