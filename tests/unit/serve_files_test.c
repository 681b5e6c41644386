/* SPDX-License-Identifier: MIT */
/* /v1/files, through the whole program. */
#include "tests/unit/support/test.h"

#include <dirent.h>
#include <string.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/site.h"

#define FILES "/v1/files"
#define TYPE "multipart/form-data; boundary=b"
#define PURPOSE(value)                                                          \
	"--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n" value \
	"\r\n"
#define CONTENT(name, type, bytes)                                               \
	"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" name \
	"\"\r\nContent-Type: " type "\r\n\r\n" bytes "\r\n"
#define END "--b--\r\n"
#define WHOLE PURPOSE("user_data") CONTENT("a.txt", "text/plain", "hello") END

static struct string_gateway *posting(struct site *s, const char *body)
{
	struct string_gateway *g = site_request(s, "POST", FILES, body);

	string_gateway_set(g, "CONTENT_TYPE", TYPE);
	return g;
}

static const char *post(struct site *s, const char *body)
{
	return site_serve(s, posting(s, body));
}

/* The id of an uploaded file. */
static const char *posted(struct site *s, const char *body)
{
	const char *answer = post(s, body);

	if (strncmp(answer, "Status: 200 ", 12) != 0)
		fail_msg("%s", answer);
	return json_text(parse(s->arena, site_body(answer)), "id");
}

static const char *ask(struct site *s, const char *method, const char *id,
		       const char *behind)
{
	return site_ask(s, method,
			arena_printf(s->arena, FILES "/%s%s", id, behind),
			NULL);
}

static void assert_refused(struct arena *a, const char *answer,
			   const char *status, const char *code,
			   const char *param)
{
	const cJSON *t = parse(a, site_body(answer));
	const char *is;

	if (memcmp(answer + 8, status, 3) != 0)
		fail_msg("%s", answer);
	is = json_text(t, "error.code");
	assert_string_equal(is == NULL ? "" : is, code);
	is = json_text(t, "error.param");
	assert_string_equal(is == NULL ? "" : is, param);
}

static void an_upload_returns_a_file_object(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *answer = post(s, WHOLE);
	const cJSON *t = parse(*state, site_body(answer));

	assert_contains(answer, "Status: 200 OK");
	assert_memory_equal(json_text(t, "id"), "file-", 5);
	assert_string_equal(json_text(t, "object"), "file");
	assert_int_equal(json_int(t, "bytes", -1), 5);
	assert_true(json_int(t, "created_at", 0) > 1700000000);
	assert_string_equal(json_text(t, "filename"), "a.txt");
	assert_string_equal(json_text(t, "purpose"), "user_data");
	assert_string_equal(json_text(t, "status"), "processed");
	assert_true(cJSON_HasObjectItem(t, "expires_at"));
	assert_string_equal(site_body(ask(s, "GET", json_text(t, "id"), "")),
			    site_body(answer));
}

static void the_form_may_come_in_any_pieces_and_order(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t step = 1; step < 90; step += 11) {
		struct string_gateway *g = posting(
			s,
			"--b\r\nContent-Disposition: form-data; "
			"name=\"expires_after[seconds]\"\r\n\r\n3600\r\n" CONTENT(
				"a.txt", "text/plain", "\r\nhel\r\n--lo")
				PURPOSE("vision") END);
		const char *id;

		g->step = step;
		id = json_text(parse(*state, site_body(site_serve(s, g))),
			       "id");
		assert_string_equal(site_body(ask(s, "GET", id, "/content")),
				    "\r\nhel\r\n--lo");
	}
}

static void the_content_comes_back_as_it_was(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = posted(
		s, PURPOSE("user_data")
			   CONTENT("na\xC3\xAFve \\\"x\\\".html",
				   "text/html; charset=utf-8", "<script>") END);
	const char *answer = ask(s, "GET", id, "/content");

	assert_contains(answer, "\r\nContent-Type: text/html; charset=utf-8"
				"\r\n");
	assert_contains(answer, "\r\nContent-Length: 8\r\n");
	assert_contains(answer, "\r\nContent-Disposition: attachment; "
				"filename*=UTF-8''na%C3%AFve%20%22x%22.html"
				"\r\n");
	assert_contains(answer, "\r\nX-Content-Type-Options: nosniff\r\n");
	assert_string_equal(site_body(answer), "<script>");
	answer = ask(s, "HEAD", id, "/content");
	assert_contains(answer, "\r\nContent-Length: 8\r\n");
	assert_string_equal(site_body(answer), "");
}

static void errors_name_what_is_wrong_with_the_form(void **state)
{
	static const struct {
		const char *body, *status, *code, *param;
	} rows[] = {
		{ CONTENT("a", "b/c", "x") END, "400",
		  "missing_required_parameter", "purpose" },
		{ PURPOSE("user_data") END, "400", "missing_required_parameter",
		  "file" },
		{ PURPOSE("batch") CONTENT("a", "b/c", "x") END, "400",
		  "unsupported_parameter", "purpose" },
		{ PURPOSE("fine-tune") CONTENT("a", "b/c", "x") END, "400",
		  "invalid_value", "purpose" },
		{ PURPOSE("user_data_and_then_some_very_long_text")
			  CONTENT("a", "b/c", "x") END,
		  "400", "invalid_value", "purpose" },
		{ PURPOSE("user_data") CONTENT("a", "b/c", "") END, "400",
		  "invalid_value", "file" },
		{ PURPOSE("user_data") CONTENT("a", "b/c", "x")
			  CONTENT("a", "b/c", "x") END,
		  "400", "invalid_value", "file" },
		{ PURPOSE("user_data") CONTENT("a", "b/c", "x"), "400", "",
		  "" },
		{ "", "400", "", "" },
		{ "{}", "400", "", "" },
	};
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(*state, post(s, rows[i].body), rows[i].status,
			       rows[i].code, rows[i].param);
	assert_refused(*state, site_ask(s, "POST", FILES, "{}"), "400", "", "");
}

static void a_nul_cuts_no_field(void **state)
{
	static const char body[] = PURPOSE("user_data\0x")
		CONTENT("a", "b/c", "x") END;
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g = posting(s, WHOLE);

	g->body = body;
	g->body_left = sizeof(body) - 1;
	string_gateway_set(g, "CONTENT_LENGTH",
			   arena_printf(*state, "%zu", g->body_left));
	assert_refused(*state, site_serve(s, g), "400", "invalid_value",
		       "purpose");
}

static void an_interrupted_upload_leaves_nothing(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct string_gateway *g = posting(s, WHOLE);

	g->body_breaks = true;
	assert_refused(*state, site_serve(s, g), "400", "", "");
	assert_int_equal(database_int(s->db_path, "SELECT count(*) FROM files"),
			 0);
}

static const char *large_form(struct arena *a, size_t n)
{
	char *bytes = arena_alloc(a, n + 1);

	memset(bytes, 'x', n);
	return arena_printf(a, "%s%s\r\n" END,
			    PURPOSE("user_data") "--b\r\nContent-Disposition: "
						 "form-data; name=file; "
						 "filename=a\r\n\r\n",
			    bytes);
}

/* With unread input the web server may lose the response. */
static void a_refused_upload_is_read_to_its_end(void **state)
{
	struct site *s = site_open(*state, "KIMI_MAX_FILE=5000\n", NULL);
	struct string_gateway *g = posting(s, large_form(*state, 5001));

	assert_refused(*state, site_serve(s, g), "413", "request_too_large",
		       "file");
	assert_int_equal(g->body_left, 0);
	posted(s, large_form(*state, 5000));
	g = posting(s, large_form(*state, 5000));
	string_gateway_set(g, "HTTP_AUTHORIZATION", "Bearer wrong");
	assert_refused(*state, site_serve(s, g), "401", "invalid_api_key", "");
	assert_int_equal(g->body_left, 0);
}

static void files_may_exceed_the_limit_of_json_bodies(void **state)
{
	struct site *s = site_open(*state, "KIMI_MAX_BODY=1024\n", NULL);

	posted(s, large_form(*state, 50000));
}

static void all_files_together_have_a_limit(void **state)
{
	struct site *s = site_open(*state, "KIMI_FILE_SPACE=6\n", NULL);

	posted(s, WHOLE);
	assert_refused(*state,
		       post(s, PURPOSE("user_data") CONTENT("a", "b/c", "other")
				       END),
		       "413", "request_too_large", "");
	posted(s, WHOLE);
}

static void types_and_names_have_a_fallback(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = posted(
		s, PURPOSE("vision") CONTENT("", "application/octet-stream",
					     "\x89PNG\r\n\x1A\n") END);

	assert_contains(ask(s, "GET", id, ""), "\"filename\":\"file\"");
	assert_contains(ask(s, "GET", id, "/content"),
			"\r\nContent-Type: image/png\r\n");
}

static const char *list(struct site *s, const char *query)
{
	struct string_gateway *g = site_request(s, "GET", FILES, NULL);

	string_gateway_set(g, "QUERY_STRING", query);
	return site_serve(s, g);
}

static void lists_have_openais_shape(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *one, *two, *three;
	const cJSON *t = parse(*state, site_body(list(s, "")));

	assert_string_equal(json_text(t, "object"), "list");
	assert_int_equal(cJSON_GetArraySize(json_at(t, "data")), 0);
	assert_true(cJSON_HasObjectItem(t, "first_id"));
	one = posted(s, WHOLE);
	two = posted(s, PURPOSE("vision") CONTENT("b", "b/c", "x") END);
	three = posted(s, WHOLE);
	t = parse(*state, site_body(list(s, "")));
	assert_string_equal(json_text(t, "first_id"), three);
	assert_string_equal(json_text(t, "last_id"), one);
	assert_true(cJSON_IsFalse(json_at(t, "has_more")));
	assert_string_equal(json_text(t, "data.1.id"), two);
	t = parse(*state, site_body(list(s, "order=asc&limit=2")));
	assert_true(cJSON_IsTrue(json_at(t, "has_more")));
	assert_string_equal(json_text(t, "last_id"), two);
	t = parse(*state,
		  site_body(list(s, arena_printf(*state, "after=%s", two))));
	assert_string_equal(json_text(t, "first_id"), one);
	t = parse(*state, site_body(list(s, "purpose=vision")));
	assert_string_equal(json_text(t, "first_id"), two);
	assert_string_equal(json_text(t, "last_id"), two);
}

static void bad_parameters_of_a_list_are_named(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);

	assert_refused(*state, list(s, "limit=0"), "400", "invalid_value",
		       "limit");
	assert_refused(*state, list(s, "limit=10001"), "400", "invalid_value",
		       "limit");
	assert_refused(*state, list(s, "limit=1x"), "400", "invalid_value",
		       "limit");
	assert_refused(*state, list(s, "order=up"), "400", "invalid_value",
		       "order");
	assert_refused(*state, list(s, "after=file-x"), "404", "not_found",
		       "after");
}

static void a_deleted_file_is_not_found(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	const char *id = posted(s, WHOLE);
	const cJSON *t = parse(*state, site_body(ask(s, "DELETE", id, "")));

	assert_string_equal(json_text(t, "id"), id);
	assert_string_equal(json_text(t, "object"), "file");
	assert_true(cJSON_IsTrue(json_at(t, "deleted")));
	assert_refused(*state, ask(s, "GET", id, ""), "404", "not_found", "id");
	assert_refused(*state, ask(s, "GET", id, "/content"), "404",
		       "not_found", "id");
	assert_refused(*state, ask(s, "DELETE", id, ""), "404", "not_found",
		       "id");
}

static void a_file_belongs_to_its_key(void **state)
{
	struct site *s = site_open(*state, "DEFAULT_AUTHKEYS=one,two\n", NULL);
	struct string_gateway *g = posting(s, WHOLE);
	static const char *const methods[] = { "GET", "DELETE" };
	const char *id;

	string_gateway_set(g, "HTTP_AUTHORIZATION", "Bearer one");
	id = json_text(parse(*state, site_body(site_serve(s, g))), "id");
	assert_non_null(id);
	for (size_t i = 0; i < COUNT(methods); i++) {
		g = site_request(s, methods[i],
				 arena_printf(*state, FILES "/%s", id), NULL);
		string_gateway_set(g, "HTTP_AUTHORIZATION", "Bearer two");
		assert_refused(*state, site_serve(s, g), "404", "not_found",
			       "id");
	}
	assert_int_equal(database_int(s->db_path, "SELECT count(*) FROM files"),
			 1);
}

static void no_temporary_file_is_left(void **state)
{
	struct site *s = site_open(*state, NULL, NULL);
	struct dirent *entry;
	DIR *folder;

	posted(s, WHOLE);
	folder = opendir(s->folder);
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		assert_null(strstr(entry->d_name, "spool"));
	closedir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_upload_returns_a_file_object),
		TEST(the_form_may_come_in_any_pieces_and_order),
		TEST(the_content_comes_back_as_it_was),
		TEST(errors_name_what_is_wrong_with_the_form),
		TEST(a_nul_cuts_no_field),
		TEST(an_interrupted_upload_leaves_nothing),
		TEST(a_refused_upload_is_read_to_its_end),
		TEST(files_may_exceed_the_limit_of_json_bodies),
		TEST(all_files_together_have_a_limit),
		TEST(types_and_names_have_a_fallback),
		TEST(lists_have_openais_shape),
		TEST(bad_parameters_of_a_list_are_named),
		TEST(a_deleted_file_is_not_found),
		TEST(a_file_belongs_to_its_key),
		TEST(no_temporary_file_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
