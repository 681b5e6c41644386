/* SPDX-License-Identifier: MIT */
/* What the owner of a credential is told to do. */
#include "tests/unit/support/test.h"

#include "tests/unit/support/files.h"
#include "tests/unit/support/site.h"
#include "upstream/advice.h"
#include "upstream/cooldown.h"

static struct credential credential_of(struct arena *a, const char *entry)
{
	struct credential c;
	struct error e;

	assert_true(credential_parse(&c, a, entry, &e));
	return c;
}

static struct error why(enum error_kind kind, int64_t cooldown)
{
	struct error e;

	error_set(&e, kind, "Kimi says: no.");
	e.cooldown_ms = cooldown;
	return e;
}

static void each_refusal_says_what_to_do(void **state)
{
	static const struct {
		enum error_kind kind;
		int64_t cooldown;
		const char *says;
	} rows[] = {
		{ ERROR_CREDENTIAL, 0,
		  "has to make a new key at www.kimi.com/code/console and copy "
		  "it into KIMI_TOKENS. Kimi says: no." },
		{ ERROR_FORBIDDEN, COOLDOWN_FOREVER,
		  "Kimi has closed the account of this server's credential: "
		  "its owner has to ask Kimi why" },
		{ ERROR_FORBIDDEN, COOLDOWN_UNPAID, "has to renew it at " },
		{ ERROR_CLIENT_REFUSED, 0,
		  "has to use one of another service" },
		{ ERROR_QUOTA, 0, "has to top it up" },
	};
	struct credential c = credential_of(*state, "code:sk-kimi-0123456789");
	char advice[ADVICE_SIZE];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e = why(rows[i].kind, rows[i].cooldown);

		assert_true(advice_write(advice, &c, &e));
		assert_contains(advice, rows[i].says);
		assert_contains(advice, "Kimi says: no.");
		assert_int_equal(advice_is_refusal(&e),
				 rows[i].kind != ERROR_QUOTA);
	}
}

/* A plan without the model, a busy hour, a fault of Kimi's. */
static void what_passes_needs_no_advice(void **state)
{
	const struct error list[] = {
		why(ERROR_FORBIDDEN, COOLDOWN_OVER),
		why(ERROR_FORBIDDEN, 0),
		why(ERROR_RATE_LIMIT, COOLDOWN_BUSY),
		why(ERROR_OVERLOADED, 0),
		why(ERROR_UPSTREAM, 0),
		why(ERROR_VALUE, 0),
	};
	struct credential c = credential_of(*state, "code:sk-kimi-0123456789");
	char advice[ADVICE_SIZE];

	for (size_t i = 0; i < COUNT(list); i++) {
		assert_false(advice_write(advice, &c, &list[i]));
		assert_false(advice_is_refusal(&list[i]));
	}
}

static void it_says_where_the_new_one_goes(void **state)
{
	struct error e = why(ERROR_CREDENTIAL, 0);
	struct credential c = credential_of(*state, "platform:sk-0123456789");
	char advice[ADVICE_SIZE];

	c.kept = true;
	assert_true(advice_write(advice, &c, &e));
	assert_contains(advice, "into 'kimi-proxy credential add'");
	c.of_client = true;
	assert_true(advice_write(advice, &c, &e));
	assert_contains(advice, "your credential: make a new key");
	assert_contains(advice, ", then send it as the API key.");
	c = credential_of(*state, "code:a-refresh-token-of-a-sign-in");
	assert_true(advice_write(advice, &c, &e));
	assert_contains(advice, "has to sign in again with 'kimi-proxy "
				"credential login kimi-code'. Kimi says");
}

#define REFUSED                                                                \
	{                                                                      \
		.method = "POST", .path = "/chat/completions", .status = 401,  \
		.body = "{\"error\":{\"message\":\"Invalid Authentication\"}}" \
	}
#define REPLY                                                                       \
	{                                                                           \
		.method = "POST", .path = "/chat/completions", .status = 200,       \
		.body = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"  \
			"\"ok\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n" \
	}

/* The client does not learn of it, so the log has to say it. */
static void it_is_logged_also_if_another_gives_the_reply(void **state)
{
	struct replay_answer answers[] = { REFUSED, REPLY, { 0 } };
	struct site *s = site_open(*state,
				   "KIMI_TOKENS=sk-first0123456789abcdef,"
				   "sk-other0123456789abcdef\n",
				   answers);
	size_t n;

	assert_contains(site_ask(s, "POST", "/v1/chat/completions",
				 "{\"model\":\"kimi-k3\",\"messages\":[{"
				 "\"role\":\"user\",\"content\":\"hi\"}]}"),
			"\"content\":\"ok\"");
	assert_contains(files_read(*state, s->log_path, &n),
			"credential (platform sk-");
	assert_contains(files_read(*state, s->log_path, &n),
			"cdef) Kimi does not accept this server's credential: "
			"its owner has to make a new key at");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_refusal_says_what_to_do),
		TEST(what_passes_needs_no_advice),
		TEST(it_says_where_the_new_one_goes),
		TEST(it_is_logged_also_if_another_gives_the_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
