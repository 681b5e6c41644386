/* SPDX-License-Identifier: MIT */
/* What adapters learned with a credential. */
#include "tests/unit/support/test.h"

#include "store/credential_notes.h"
#include "tests/unit/support/database.h"

struct fixture {
	struct arena *arena;
	const char *path;
	struct store *store;
	struct error error;
};

static struct fixture *begin(struct arena *a)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	f->path = database_path(a);
	f->store = database_open(a, f->path);
	return f;
}

static const char *note(struct fixture *f, const char *credential,
			const char *name)
{
	const char *value = "untouched";

	assert_true(store_credential_note_find(f->store, credential, name,
					       &value, f->arena, &f->error));
	return value;
}

static void put(struct fixture *f, const char *credential, const char *name,
		const char *value)
{
	assert_true(store_credential_note_put(f->store, credential, name, value,
					      &f->error));
}

static void a_note_belongs_to_its_credential(void **state)
{
	struct fixture *f = begin(*state);

	assert_null(note(f, "c", "host"));
	put(f, "c", "host", "https://a.example");
	put(f, "c", "device", "");
	assert_string_equal(note(f, "c", "host"), "https://a.example");
	assert_string_equal(note(f, "c", "device"), "");
	assert_null(note(f, "d", "host"));
	assert_null(note(f, "c", "hos"));
}

static void the_latest_note_wins_and_survives_a_restart(void **state)
{
	struct fixture *f = begin(*state);

	put(f, "c", "host", "a");
	put(f, "c", "host", "b");
	f->store = database_open(f->arena, f->path);
	assert_string_equal(note(f, "c", "host"), "b");
	assert_int_equal(database_int(f->path,
				      "SELECT count(*) FROM credential_notes"),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_note_belongs_to_its_credential),
		TEST(the_latest_note_wins_and_survives_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
