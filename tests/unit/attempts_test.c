/* SPDX-License-Identifier: MIT */
/* Rows of attempts, and the header that says where the time went. */
#include "tests/unit/support/test.h"

#include "app/relay/server_timing_internal.h"
#include "tests/unit/support/string_gateway.h"
#include "tests/unit/support/turns.h"

static struct store_attempt whole(struct store_attempt *next)
{
	return (struct store_attempt){
		.next = next,
		.choice = 1,
		.credential = "platform:sk-a…b",
		.service = "platform",
		.host = "https://api.moonshot.cn/v1",
		.queued_ms = 1,
		.began_ms = 5,
		.lookup_ms = 7,
		.connect_ms = 11,
		.tls_ms = 18,
		.first_byte_ms = 30,
		.first_token_ms = 31,
		.end_ms = 99,
		.http_status = 200,
	};
}

static struct store_attempt unsent(struct store_attempt *next)
{
	return (struct store_attempt){
		.next = next,
		.credential = "web:a…b",
		.service = "web",
		.queued_ms = -1,
		.began_ms = 2,
		.lookup_ms = -1,
		.connect_ms = -1,
		.tls_ms = -1,
		.first_byte_ms = -1,
		.first_token_ms = -1,
		.end_ms = 4,
		.error_kind = "upstream",
		.words = "whispered words",
	};
}

static void play(struct turns *f, const char *request, bool ephemeral)
{
	struct store_turn *t = database_turn(f->arena, request, NULL);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, "text");
	struct store_attempt second = whole(NULL), first = unsent(&second);

	t->ephemeral = ephemeral;
	o.attempts = &first;
	turns_close(f, t, &o);
}

static void each_attempt_has_a_row_with_what_is_known(void **state)
{
	struct turns f = turns_begin(*state);

	play(&f, "r1", false);
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT json_group_array(json_array(request_seq, "
			      "number, choice, credential, service, host, "
			      "queued_ms, began_ms, lookup_ms, connect_ms, "
			      "tls_ms, first_byte_ms, first_token_ms, end_ms, "
			      "http_status, error_kind, words)) FROM attempts"),
		"[[1,1,0,\"web:a…b\",\"web\",null,null,2,null,null,null,null,"
		"null,4,null,\"upstream\",\"whispered words\"],"
		"[1,2,1,\"platform:sk-a…b\",\"platform\","
		"\"https://api.moonshot.cn/v1\",1,5,7,11,18,30,31,99,200,null,"
		"null]]");
}

static void the_only_attempt_of_a_request_stands_in_its_row(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = database_turn(f.arena, "r1", NULL);
	struct store_outcome o = turns_outcome(f.arena, STORE_DONE, "text");
	struct store_attempt only = whole(NULL);

	only.choice = 0;
	o.credential_label = only.credential;
	o.service = only.service;
	o.first_token_ms = only.first_token_ms;
	o.duration_ms = only.end_ms;
	o.attempts = &only;
	turns_close(&f, t, &o);
	assert_int_equal(database_int(f.path,
				      "SELECT count(*) FROM listed_attempts"),
			 0);
	assert_string_equal(
		database_text(*state, f.path,
			      "SELECT json_array(request_seq, number, choice, "
			      "credential, service, host, queued_ms, began_ms, "
			      "lookup_ms, connect_ms, tls_ms, first_byte_ms, "
			      "first_token_ms, end_ms, http_status, "
			      "error_kind, words) FROM attempts"),
		"[1,1,0,\"platform:sk-a…b\",\"platform\","
		"\"https://api.moonshot.cn/v1\",1,5,7,11,18,30,31,99,200,null,"
		"null]");
}

static void kimis_words_of_an_ephemeral_request_are_not_stored(void **state)
{
	struct turns f = turns_begin(*state);

	play(&f, "r1", true);
	assert_int_equal(database_int(f.path, "SELECT count(*) FROM attempts "
					      "WHERE words IS NULL"),
			 2);
	assert_false(turns_file_holds(&f, "whispered"));
}

static void assert_timing(struct arena *a, const struct server_timing *t,
			  const char *expected)
{
	struct string_gateway *g = string_gateway_new(a, "GET", "/", NULL);
	struct sink sink;
	struct response r;

	sink_init(&sink, &g->gateway);
	response_init(&r, &sink, false);
	server_timing_put(a, &r, t);
	response_empty(&r, 200);
	sink_flush(&sink);
	assert_contains(buf_text(&g->out),
			arena_printf(a, "\r\nServer-Timing: %s\r\n", expected));
	response_fini(&r);
}

static void a_header_says_where_the_time_went(void **state)
{
	const struct store_attempt new_connection = whole(NULL);
	struct store_attempt kept = whole(NULL);
	struct server_timing t = { .total_ms = 120, .db_ms = 3 };

	assert_timing(*state, &t, "db;dur=3, total;dur=120");
	t.served = &new_connection;
	assert_timing(*state, &t,
		      "queue;dur=4, lookup;dur=2, connect;dur=4, tls;dur=7, "
		      "first-byte;dur=30, first-token;dur=31, db;dur=3, "
		      "total;dur=120");
	kept.queued_ms = kept.lookup_ms = kept.connect_ms = kept.tls_ms = -1;
	t.served = &kept;
	assert_timing(*state, &t,
		      "first-byte;dur=30, first-token;dur=31, db;dur=3, "
		      "total;dur=120");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_attempt_has_a_row_with_what_is_known),
		TEST(the_only_attempt_of_a_request_stands_in_its_row),
		TEST(kimis_words_of_an_ephemeral_request_are_not_stored),
		TEST(a_header_says_where_the_time_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
