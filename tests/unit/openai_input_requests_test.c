/* SPDX-License-Identifier: MIT */
/* Responses: items of the input that say what to do. */
#include "tests/unit/support/test.h"

#include "dialect/dialect.h"
#include "tests/unit/support/quoted.h"

static struct chat_request read_body(struct arena *a, const char *body)
{
	struct chat_request request;
	struct error e = { 0 };

	if (!dialect_openai_responses.decode(a, quoted_tree(a, body), &request,
					     &e))
		fail_msg("%s In: %s", e.message, body);
	return request;
}

static void refused(struct arena *a, const char *body, enum error_kind kind,
		    const char *param)
{
	struct chat_request request;
	struct error e = { .kind = ERROR_KINDS };

	if (dialect_openai_responses.decode(a, quoted_tree(a, body), &request,
					    &e))
		fail_msg("accepted: %s", body);
	assert_error(&e, kind, param);
}

static void a_trigger_asks_for_a_summary(void **state)
{
	struct chat_request r = read_body(
		*state, "{'model':'m','input':[{'role':'user','content':'Hi'},"
			"{'type':'compaction_trigger'}]}");

	assert_true(r.compacts);
	assert_int_equal(r.n_messages, 1);
	assert_false(read_body(*state, "{'model':'m','input':'Hi'}").compacts);
	r = read_body(*state, "{'model':'m','previous_response_id':'resp_1',"
			      "'input':[{'type':'compaction_trigger'}]}");
	assert_true(r.compacts && r.appends);
	refused(*state, "{'model':'m','input':[{'type':'compaction_trigger'}]}",
		ERROR_MISSING, "input");
}

#define UPDATE(members) "{'type':'configuration_update'," members "}"

/* Until another one replaces it, and whatever the request says. */
static void the_last_update_of_the_configuration_counts(void **state)
{
	struct chat_request r = read_body(
		*state,
		"{'model':'m','reasoning':{'effort':'low'},'input':["
		"{'role':'user','content':'Hi'}," UPDATE("'reasoning':{'effort':'medium'}") "," UPDATE(
			"'reasoning':{'effort':'high'},'text':{"
			"'format':{'type':'json_object'}}") "," UPDATE("'text':{'verbosity':'low'}") "]}");

	assert_string_equal(r.effort, "high");
	assert_int_equal(r.format, CHAT_FORMAT_JSON);
	assert_int_equal(r.n_messages, 1);
	r = read_body(*state,
		      "{'model':'m','reasoning':{'effort':'low'},'input':["
		      "{'role':'user','content':'Hi'}," UPDATE(
			      "'reasoning':null") "]}");
	assert_string_equal(r.effort, "low");
}

#define SCHEMA                                                                 \
	"'text':{'format':{'type':'json_schema','name':'n',"                   \
	"'schema':{'type':'object'}}}"

static void an_update_can_ask_for_plain_text_again(void **state)
{
	struct chat_request r = read_body(
		*state, "{'model':'m'," SCHEMA ",'input':["
			"{'role':'user','content':'Hi'}," UPDATE(
				"'text':{'format':{'type':'text'}}") "]}");

	assert_int_equal(r.format, CHAT_FORMAT_TEXT);
	r = read_body(*state,
		      "{'model':'m','input':["
		      "{'role':'user','content':'Hi'}," UPDATE(SCHEMA) "]}");
	assert_int_equal(r.format, CHAT_FORMAT_SCHEMA);
	assert_string_equal(r.schema_param, "input[1].text.format.schema");
}

static void an_error_names_the_update(void **state)
{
	static const struct {
		const char *members, *param;
		enum error_kind kind;
	} rows[] = {
		{ "'reasoning':7", "input[0].reasoning", ERROR_TYPE },
		{ "'reasoning':{'effort':'x'}", "input[0].reasoning.effort",
		  ERROR_VALUE },
		{ "'text':7", "input[0].text", ERROR_TYPE },
		{ "'text':{'format':{'type':'x'}}", "input[0].text.format.type",
		  ERROR_VALUE },
		{ "'text':{'format':{'type':'json_schema'}}",
		  "input[0].text.format", ERROR_MISSING },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		refused(*state,
			arena_printf(
				*state,
				"{'model':'m','input':[" UPDATE(
					"%s") ",{'role':'user','content':'Hi'}]}",
				rows[i].members),
			rows[i].kind, rows[i].param);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_trigger_asks_for_a_summary),
		TEST(the_last_update_of_the_configuration_counts),
		TEST(an_update_can_ask_for_plain_text_again),
		TEST(an_error_names_the_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
