/* SPDX-License-Identifier: MIT */
/* What the owner of a server does with its credentials. */
#include "tests/unit/support/test.h"

#include <stdio.h>

#include "app/key_file.h"
#include "app/owner_credentials.h"
#include "base/clock.h"
#include "store/token_renewal.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/site.h"
#include "upstream/services.h"

#define KEPT "sk-kept0123456789abcdefghijk"

struct fixture {
	struct arena *arena;
	struct site *site;
	struct app *app;
	struct error error;
	const char *name; /* of the one that was added last */
};

static struct fixture begin(struct arena *a)
{
	struct fixture f = {
		.arena = a,
		.site = site_open(a, "KIMI_TOKENS=" SITE_PLATFORM "\n", NULL),
	};

	f.app = app_find(&f.site->apps, f.site->config_path);
	return f;
}

static void end(struct fixture *f)
{
	app_release(&f->site->apps, f->app);
}

static bool add(struct fixture *f, const struct upstream *service,
		const char *secret, const char *name)
{
	const struct owner_addition k = { .service = service,
					  .secret = secret,
					  .name = name };

	return owner_credentials_add(f->app, &k, &f->name, f->arena, &f->error);
}

static struct owner_credential found(struct fixture *f, const char *name)
{
	struct owner_credential c;

	assert_true(
		owner_credentials_find(f->app, name, &c, f->arena, &f->error));
	return c;
}

static void its_secret_is_nowhere_in_the_database(void **state)
{
	struct fixture f = begin(*state);

	assert_true(add(&f, &upstream_platform, KEPT, "mine"));
	assert_string_equal(found(&f, "mine").credential.secret, KEPT);
	assert_null(database_text(f.arena, f.site->db_path,
				  "SELECT 1 FROM credentials WHERE "
				  "instr(secret, '" KEPT "') > 0 OR "
				  "instr(label, '" KEPT "') > 0"));
	end(&f);
}

static void without_a_name_it_is_called_after_its_service(void **state)
{
	struct fixture f = begin(*state);

	assert_true(add(&f, &upstream_platform, KEPT, NULL));
	assert_string_equal(f.name, "platform");
	assert_true(add(&f, &upstream_platform, KEPT "2", NULL));
	assert_string_equal(f.name, "platform-2");
	assert_true(add(&f, &upstream_platform, KEPT "3", NULL));
	assert_string_equal(f.name, "platform-3");
	end(&f);
}

static void what_cannot_be_one_is_refused(void **state)
{
	static const struct {
		const struct upstream *service;
		const char *secret, *name, *says;
	} rows[] = {
		{ &upstream_platform, "sk-kimi-0123456789abcdef", NULL,
		  "looks like a credential of 'code'" },
		{ &upstream_code, KEPT, NULL,
		  "looks like a credential of 'platform'" },
		{ &upstream_web, KEPT, NULL, "of 'platform', not of 'web'" },
		{ &upstream_platform, "sk-short", NULL, "too short" },
		{ &upstream_platform, "sk-with a blank in the middle", NULL,
		  "contains white space" },
		{ &upstream_web, SITE_WEB, NULL, "copy the refresh token" },
		{ &upstream_platform, KEPT, "", "A name has" },
		{ &upstream_platform, KEPT, "-x", "A name has" },
		{ &upstream_platform, KEPT, "a b", "A name has" },
	};
	struct fixture f = begin(*state);

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_false(
			add(&f, rows[i].service, rows[i].secret, rows[i].name));
		assert_error(&f.error, ERROR_VALUE, "");
		assert_contains(f.error.message, rows[i].says);
		assert_lacks(f.error.message, rows[i].secret);
	}
	end(&f);
}

static void a_list_from_the_browser_is_joined(void **state)
{
	struct fixture f = begin(*state);

	assert_true(
		add(&f, &upstream_web, "[\"abcdefgh\", \"ijklmnop\"]", NULL));
	assert_string_equal(found(&f, "web").credential.secret,
			    "abcdefgh.ijklmnop");
	end(&f);
}

static void tokens_of_a_sign_in_are_there_at_once(void **state)
{
	const struct access_token access = { "access-token",
					     clock_wall_ms() + 900000,
					     "refresh-token-of-it" };
	const struct owner_addition k = { .service = &upstream_code,
					  .secret = access.refresh,
					  .access = &access,
					  .host = "https://api.kimi.ai/x" };
	struct fixture f = begin(*state);
	struct access_token stored;
	struct credential c;

	assert_true(
		owner_credentials_add(f.app, &k, &f.name, f.arena, &f.error));
	assert_string_equal(f.name, "code");
	c = found(&f, "code").credential;
	assert_true(store_token_renewal_load(f.app->store, &c, &stored, f.arena,
					     &f.error));
	assert_string_equal(stored.token, "access-token");
	assert_string_equal(stored.refresh, "refresh-token-of-it");
	/* It is renewed a minute before it ends. */
	assert_in_range(stored.expires_ms, access.expires_ms - 61000,
			access.expires_ms - 59000);
	end(&f);
}

static void those_of_the_settings_can_be_paused_but_not_removed(void **state)
{
	const char *label = "platform sk-u…hijk";
	struct fixture f = begin(*state);

	assert_true(owner_credentials_pause(f.app, label, f.arena, &f.error));
	assert_int_not_equal(found(&f, label).paused_at, 0);
	assert_true(owner_credentials_resume(f.app, label, f.arena, &f.error));
	assert_int_equal(found(&f, label).paused_at, 0);
	assert_false(owner_credentials_remove(f.app, label, f.arena, &f.error));
	assert_error(&f.error, ERROR_VALUE, "");
	assert_contains(f.error.message, "KIMI_TOKENS (kimi.conf line ");
	end(&f);
}

/* The settings have it, too: their refresh token may be of no use any more. */
static void one_that_is_in_both_keeps_its_tokens(void **state)
{
	const struct access_token renewed = { "token", clock_wall_ms() + 90000,
					      "newer" };
	const char *label = "platform sk-u…hijk";
	struct fixture f = begin(*state);
	struct access_token stored;
	struct credential c;

	assert_true(add(&f, &upstream_platform, SITE_PLATFORM, "both"));
	c = found(&f, "both").credential;
	assert_true(store_token_renewal_save(f.app->store, &c, &renewed,
					     f.arena, &f.error));
	assert_true(owner_credentials_remove(f.app, "both", f.arena, &f.error));
	assert_false(found(&f, label).credential.kept);
	assert_true(store_token_renewal_load(f.app->store, &c, &stored, f.arena,
					     &f.error));
	assert_string_equal(stored.refresh, "newer");
	end(&f);
}

static void one_that_is_not_there_is_not_found(void **state)
{
	struct fixture f = begin(*state);

	assert_false(owner_credentials_pause(f.app, "x", f.arena, &f.error));
	assert_error(&f.error, ERROR_NOT_FOUND, "");
	assert_true(add(&f, &upstream_platform, KEPT, "x"));
	assert_true(owner_credentials_remove(f.app, "x", f.arena, &f.error));
	assert_false(owner_credentials_remove(f.app, "x", f.arena, &f.error));
	assert_error(&f.error, ERROR_NOT_FOUND, "");
	end(&f);
}

/* One that is added has a name instead. */
static void a_label_of_several_names_none_of_them(void **state)
{
	struct fixture f = { .arena = *state };

	f.site = site_open(*state,
			   "KIMI_TOKENS=sk-a0000000000000000same,"
			   "sk-b0000000000000000same\n",
			   NULL);
	f.app = app_find(&f.site->apps, f.site->config_path);
	assert_true(
		add(&f, &upstream_platform, "sk-b0000000000000000same", "b"));
	assert_string_equal(found(&f, "b").credential.secret,
			    "sk-b0000000000000000same");
	end(&f);
	f.site = site_open(*state,
			   "KIMI_TOKENS=sk-a0000000000000000same,"
			   "sk-a1111111111111111same\n",
			   NULL);
	f.app = app_find(&f.site->apps, f.site->config_path);
	assert_false(owner_credentials_pause(f.app, "platform sk-a…same",
					     f.arena, &f.error));
	assert_error(&f.error, ERROR_VALUE, "");
	assert_contains(f.error.message, "Several credentials");
	end(&f);
}

/* It is listed, so that it can be removed. */
static void one_that_cannot_be_decrypted_says_why(void **state)
{
	struct fixture f = begin(*state);
	struct owner_credential c;

	assert_true(add(&f, &upstream_platform, KEPT, "mine"));
	assert_int_equal(remove(f.app->sets.key_path), 0);
	c = found(&f, "mine");
	assert_null(c.credential.secret);
	assert_contains(c.fault, "kimi.key is missing");
	/* A new key would make the old one useless. */
	assert_false(add(&f, &upstream_platform, KEPT "2", "other"));
	assert_contains(f.error.message, "kimi.key is missing");
	assert_non_null(key_file_make(f.app->sets.key_path, f.arena, &f.error));
	assert_contains(found(&f, "mine").fault, "is not the key");
	assert_false(add(&f, &upstream_platform, KEPT "2", "other"));
	assert_contains(f.error.message, "is not the key that 'mine' was");
	assert_true(owner_credentials_remove(f.app, "mine", f.arena, &f.error));
	assert_true(add(&f, &upstream_platform, KEPT "2", "other"));
	assert_null(found(&f, "other").fault);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(its_secret_is_nowhere_in_the_database),
		TEST(without_a_name_it_is_called_after_its_service),
		TEST(what_cannot_be_one_is_refused),
		TEST(a_list_from_the_browser_is_joined),
		TEST(tokens_of_a_sign_in_are_there_at_once),
		TEST(those_of_the_settings_can_be_paused_but_not_removed),
		TEST(one_that_is_in_both_keeps_its_tokens),
		TEST(one_that_is_not_there_is_not_found),
		TEST(a_label_of_several_names_none_of_them),
		TEST(one_that_cannot_be_decrypted_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
