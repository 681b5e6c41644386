/* SPDX-License-Identifier: MIT */
/* What is known of credentials without asking Kimi. */
#include "tests/unit/support/test.h"

#include "app/relay/credential_report.h"
#include "base/clock.h"
#include "store/credentials.h"
#include "tests/unit/support/site.h"
#include "upstream/cooldown.h"

struct fixture {
	struct site *site;
	struct app *app;
	struct owner_credential *list;
	size_t n;
};

static struct fixture begin(struct arena *a)
{
	struct fixture f = { .site = site_open(a, "KIMI_TOKENS=" SITE_PLATFORM,
					       NULL) };
	struct error e;

	f.app = app_find(&f.site->apps, f.site->config_path);
	assert_true(owner_credentials_list(f.app, &f.list, &f.n, a, &e));
	assert_int_equal(f.n, 1);
	return f;
}

static void end(struct fixture *f)
{
	app_release(&f->site->apps, f->app);
}

static void cool_down_until(struct fixture *f, enum error_kind kind, int64_t ms,
			    int64_t until)
{
	struct error why, e;

	error_set(&why, kind, "Kimi says: no.");
	why.cooldown_ms = ms;
	assert_true(store_credential_cool_down(
		f->app->store, &f->list[0].credential, &why, until, &e));
}

static void cool_down(struct fixture *f, enum error_kind kind, int64_t ms)
{
	cool_down_until(f, kind, ms,
			ms == COOLDOWN_FOREVER ? ms : clock_wall_ms() + 60000);
}

static void state_is(struct fixture *f, const char *name, const char *says)
{
	struct credential_report r;
	struct error e;

	assert_true(credential_reports_known(f->app, f->list, 1, &r, &e));
	assert_string_equal(credential_health_name(r.health), name);
	if (says == NULL)
		assert_null(r.says);
	else
		assert_contains(r.says, says);
	credential_reports_end(&r, 1);
}

static void a_cooldown_says_why_it_began(void **state)
{
	static const struct {
		enum error_kind kind;
		int64_t ms;
		const char *name, *says;
	} rows[] = {
		{ ERROR_CREDENTIAL, 0, "refused", "make a new key" },
		{ ERROR_FORBIDDEN, COOLDOWN_FOREVER, "account closed",
		  "ask Kimi why" },
		{ ERROR_FORBIDDEN, COOLDOWN_UNPAID, "no plan", "renew it" },
		{ ERROR_CLIENT_REFUSED, 0, "program refused",
		  "another service" },
		{ ERROR_QUOTA, 0, "no quota", "top it up" },
		{ ERROR_RATE_LIMIT, 0, "busy", "Kimi says: no." },
		{ ERROR_OVERLOADED, 0, "unreachable", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture f = begin(*state);

		state_is(&f, "not checked", NULL);
		cool_down(&f, rows[i].kind, rows[i].ms);
		state_is(&f, rows[i].name, rows[i].says);
		end(&f);
	}
}

/* A busy account may work by now; nobody made a new key. */
static void a_refusal_stays_after_its_cooldown(void **state)
{
	struct fixture f = begin(*state);
	int64_t ended = clock_wall_ms() - 1;
	struct error e;

	cool_down_until(&f, ERROR_RATE_LIMIT, 0, ended);
	state_is(&f, "not checked", NULL);
	cool_down_until(&f, ERROR_CREDENTIAL, 0, ended);
	state_is(&f, "refused", "make a new key");
	assert_true(store_credential_clear(f.app->store, &f.list[0].credential,
					   ended, &e));
	state_is(&f, "not checked", NULL);
	end(&f);
}

/* Whatever it cools down for, and however often it is repeated. */
static void resuming_ends_a_cooldown(void **state)
{
	static const enum error_kind kinds[] = { ERROR_QUOTA, ERROR_CREDENTIAL,
						 ERROR_RATE_LIMIT };
	struct fixture f = begin(*state);
	const struct credential *c = &f.list[0].credential;
	struct credential_state now;
	struct error e;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		cool_down(&f, kinds[i], 0);
		for (int j = 0; j < 2; j++)
			assert_true(owner_credentials_resume(f.app, c->label,
							     *state, &e));
		state_is(&f, "not checked", NULL);
		assert_true(store_credential_states(f.app->store, &c, 1, &now,
						    *state, &e));
		assert_int_equal(now.cooldown_left_ms, 0);
		assert_false(now.cooled);
	}
	end(&f);
}

/* Nobody says "ok" of what was never tried. */
static void one_is_ok_once_kimi_has_answered(void **state)
{
	struct fixture f = begin(*state);
	struct credential_report r;

	state_is(&f, "not checked", NULL);
	credential_report_begin(&r, &f.list[0]);
	credential_report_accepted(&r, f.app->store);
	credential_reports_end(&r, 1);
	state_is(&f, "ok", NULL);
	end(&f);
}

static void one_that_answered_a_request_is_ok(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/chat/completions",
		  .status = 200,
		  .body = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},"
			  "\"finish_reason\":\"stop\"}]}\n\n" },
		{ 0 },
	};
	struct fixture f = begin(*state);

	state_is(&f, "not checked", NULL);
	f.site->replay.answers = answers;
	site_ask(f.site, "POST", "/v1/chat/completions",
		 "{\"model\":\"kimi-k3\",\"messages\":[{\"role\":\"user\","
		 "\"content\":\"x\"}]}");
	state_is(&f, "ok", NULL);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_cooldown_says_why_it_began),
		TEST(a_refusal_stays_after_its_cooldown),
		TEST(resuming_ends_a_cooldown),
		TEST(one_is_ok_once_kimi_has_answered),
		TEST(one_that_answered_a_request_is_ok),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
