/* SPDX-License-Identifier: MIT */
/* Credentials of the settings and of the database together, as of now. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/key_file.h"
#include "base/secret.h"
#include "base/thread.h"
#include "store/kept_credentials.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/site.h"

#define KEPT "sk-kept0123456789abcdefghijk"

struct fixture {
	struct arena *arena;
	struct site *site;
	struct app *app;
	const char *key_path;
};

static struct fixture begin(struct arena *a, const char *settings)
{
	struct fixture f = { .arena = a, .site = site_open(a, settings, NULL) };

	f.app = app_find(&f.site->apps, f.site->config_path);
	f.key_path = f.app->sets.key_path;
	return f;
}

static void end(struct fixture *f)
{
	app_release(&f->site->apps, f->app);
}

static struct credential credential_of(struct fixture *f, const char *secret)
{
	struct credential c;
	struct error e;

	assert_true(credential_parse(
		&c, f->arena, arena_printf(f->arena, "platform:%s", secret),
		&e));
	return c;
}

static struct store *store_of(struct fixture *f)
{
	struct error e;
	struct store *s = app_store(f->app, &e);

	assert_non_null(s);
	return s;
}

static void keep(struct fixture *f, const char *secret, const char *name)
{
	struct credential c = credential_of(f, secret);
	struct kept_addition k = { .credential = &c, .name = name };
	struct error e;
	const char *key = key_file_make(f->key_path, f->arena, &e);

	assert_non_null(key);
	k.sealed = secret_seal(f->arena, key, secret, &k.sealed_length);
	assert_true(store_kept_add(store_of(f), &k, f->arena, &e));
}

static void forget(struct fixture *f, const char *secret)
{
	struct credential c = credential_of(f, secret);
	struct error e;

	assert_true(store_kept_remove(store_of(f), c.fingerprint, &e));
}

/* The labels, each with a blank behind it, or the fault. */
static const char *labels(struct fixture *f)
{
	struct credential_set *set = app_credentials(f->app, f->arena);
	const char *text = "";

	for (size_t i = 0; i < set->n; i++)
		text = arena_printf(f->arena, "%s%s ", text,
				    set->items[i].label);
	if (set->fault != NULL)
		text = arena_printf(f->arena, "%s%s", text, set->fault);
	credential_set_give_back(&f->app->sets, set);
	return text;
}

static void both_kinds_are_used_from_the_next_request_on(void **state)
{
	struct fixture f = begin(*state, "KIMI_TOKENS=" SITE_PLATFORM "\n");

	assert_string_equal(labels(&f), "platform sk-u…hijk ");
	keep(&f, KEPT, "second");
	assert_string_equal(labels(&f), "platform sk-u…hijk second ");
	end(&f);
}

static void one_that_is_in_both_is_there_once(void **state)
{
	struct fixture f = begin(*state, "KIMI_TOKENS=" SITE_PLATFORM "\n");

	keep(&f, SITE_PLATFORM, "mine");
	assert_string_equal(labels(&f), "mine ");
	end(&f);
}

static void a_paused_one_is_left_out(void **state)
{
	struct fixture f = begin(*state, "KIMI_TOKENS=" SITE_PLATFORM "\n");
	struct credential kept = credential_of(&f, KEPT);
	struct credential set = credential_of(&f, SITE_PLATFORM);
	struct error e;

	keep(&f, KEPT, "second");
	assert_true(store_kept_pause(store_of(&f), &kept, &e));
	assert_string_equal(labels(&f), "platform sk-u…hijk ");
	assert_true(store_kept_pause(store_of(&f), &set, &e));
	assert_string_equal(labels(&f), "");
	assert_contains(site_ask(f.site, "POST", "/v1/chat/completions", "{}"),
			"All Kimi credentials of this server are paused");
	assert_true(store_kept_resume(store_of(&f), &kept, &e));
	assert_string_equal(labels(&f), "second ");
	end(&f);
}

static void a_request_keeps_what_it_began_with(void **state)
{
	struct fixture f = begin(*state, NULL);
	struct credential_set *old;

	keep(&f, KEPT, "second");
	old = app_credentials(f.app, f.arena);
	forget(&f, KEPT);
	assert_lacks(labels(&f), "second");
	assert_string_equal(old->items[old->n - 1].label, "second");
	assert_string_equal(old->items[old->n - 1].secret, KEPT);
	credential_set_give_back(&f.app->sets, old);
	end(&f);
}

/* Nothing else is hindered, and a file that is put back is found. */
static void without_its_key_file_it_is_not_used(void **state)
{
	struct fixture f = begin(*state, "KIMI_TOKENS=" SITE_PLATFORM "\n");
	size_t n;
	const char *aside = arena_printf(f.arena, "%s.aside", f.key_path);

	keep(&f, KEPT, "second");
	assert_int_equal(rename(f.key_path, aside), 0);
	keep(&f, "sk-third0123456789abcdefghijk", "third");
	assert_contains(labels(&f), "platform sk-u…hijk third ");
	assert_contains(labels(&f), "is not the key that 1 credential of the "
				    "database was encrypted with.");
	assert_int_equal(unlink(f.key_path), 0);
	keep(&f, "sk-fourth0123456789abcdefghij", "fourth");
	assert_contains(labels(&f), "2 credentials of the database were");
	assert_int_equal(unlink(f.key_path), 0);
	forget(&f, "sk-fourth0123456789abcdefghij");
	assert_contains(labels(&f), "kimi.key is missing");
	assert_contains(files_read(f.arena, f.site->log_path, &n),
			"kimi.key is missing");
	end(&f);
}

#define THREADS 4
#define TAKES 200

struct taker {
	struct fixture *fixture;
	pthread_t thread;
	bool wrong;
};

/* As a request does: it looks at what it has for as long as it lasts. */
static void *take_often(void *ctx)
{
	struct taker *t = ctx;
	struct app *app = t->fixture->app;
	struct arena a;

	arena_init(&a);
	for (int i = 0; i < TAKES; i++) {
		struct credential_set *set = app_credentials(app, &a);

		for (size_t j = 0; j < set->n; j++)
			t->wrong |= strncmp(set->items[j].secret, "sk-", 3) !=
				    0;
		t->wrong |= set->n == 0 || set->fault != NULL;
		credential_set_give_back(&app->sets, set);
		arena_reset(&a);
	}
	arena_fini(&a);
	return NULL;
}

static void threads_take_them_while_they_change(void **state)
{
	struct fixture f = begin(*state, "KIMI_TOKENS=" SITE_PLATFORM "\n");
	struct taker takers[THREADS];

	keep(&f, KEPT, "kept");
	for (size_t i = 0; i < THREADS; i++) {
		takers[i] = (struct taker){ .fixture = &f };
		assert_true(thread_start(&takers[i].thread, take_often,
					 &takers[i]));
	}
	for (int i = 0; i < 10; i++) {
		forget(&f, KEPT);
		keep(&f, KEPT, "kept");
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(takers[i].thread, NULL);
		assert_false(takers[i].wrong);
	}
	end(&f);
}

static void a_key_file_is_made_once_for_its_owner_alone(void **state)
{
	struct fixture f = begin(*state, NULL);
	struct stat st;
	struct error e;
	const char *key;

	assert_null(key_file_read(f.key_path, f.arena, &e));
	assert_error(&e, ERROR_SETUP, "");
	assert_contains(e.message, "Put it back from the backup");
	key = key_file_make(f.key_path, f.arena, &e);
	assert_non_null(key);
	assert_int_equal(strlen(key), 64);
	assert_int_equal(stat(f.key_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_string_equal(key_file_make(f.key_path, f.arena, &e), key);
	assert_string_equal(key_file_read(f.key_path, f.arena, &e), key);
	end(&f);
}

static void a_key_file_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0644 };
	struct fixture f = begin(*state, NULL);
	struct error e;

	assert_non_null(key_file_make(f.key_path, f.arena, &e));
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(chmod(f.key_path, modes[i]), 0);
		assert_null(key_file_read(f.key_path, f.arena, &e));
		assert_contains(e.message, "Run 'chmod 600 ");
	}
	end(&f);
}

static void a_damaged_key_file_is_no_key(void **state)
{
	static const char *const texts[] = { "", "abc\n", "zz" };
	struct fixture f = begin(*state, NULL);
	struct error e;

	for (size_t i = 0; i < COUNT(texts); i++) {
		files_write(f.key_path, texts[i]);
		assert_int_equal(chmod(f.key_path, 0600), 0);
		assert_null(key_file_make(f.key_path, f.arena, &e));
		assert_contains(e.message, "is damaged");
	}
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_kinds_are_used_from_the_next_request_on),
		TEST(one_that_is_in_both_is_there_once),
		TEST(a_paused_one_is_left_out),
		TEST(a_request_keeps_what_it_began_with),
		TEST(without_its_key_file_it_is_not_used),
		TEST(threads_take_them_while_they_change),
		TEST(a_key_file_is_made_once_for_its_owner_alone),
		TEST(a_key_file_that_others_can_read_is_refused),
		TEST(a_damaged_key_file_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
