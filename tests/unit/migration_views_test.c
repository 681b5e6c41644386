/* SPDX-License-Identifier: MIT */
/* Views that owners made in older files are there after an upgrade. */
#include "tests/unit/support/test.h"

#include "tests/unit/support/database.h"
#include "tests/unit/support/version_6.h"

static void views_of_the_owner_are_upgraded(void **state)
{
	const char *path = version_6_file(*state);

	database_run(path, "CREATE VIEW mine AS SELECT id FROM requests;"
			   "CREATE VIEW slow AS SELECT id FROM leases;"
			   "CREATE VIEW read AS SELECT session FROM v_messages;"
			   "CREATE VIEW cool AS SELECT label FROM credentials "
			   "WHERE resting_until > 0");
	database_open(*state, path);
	assert_int_equal(database_int(path, "SELECT count(*) FROM mine"), 6);
	assert_int_equal(database_int(path, "SELECT count(*) FROM slow"), 2);
	assert_int_equal(database_int(path, "SELECT count(*) FROM read"), 6);
	assert_string_equal(database_text(*state, path, "SELECT * FROM cool"),
			    "cred");
}

/* It said so whenever it was read, but it harmed nobody else. */
static void a_broken_view_of_the_owner_stays(void **state)
{
	static const char broken[] = "CREATE VIEW broken AS SELECT * FROM gone";
	const char *path = version_6_file(*state);

	database_run(path, broken);
	database_run(path, "CREATE VIEW slow AS SELECT id FROM leases");
	database_open(*state, path);
	assert_string_equal(database_text(*state, path,
					  "SELECT sql FROM sqlite_schema "
					  "WHERE name = 'broken'"),
			    broken);
	assert_int_equal(database_int(path, "SELECT count(*) FROM slow"), 2);
}

/* Version 5 copies this table into a new one. */
static void views_of_messages_of_version_4_are_upgraded(void **state)
{
	const char *path = database_of_version(*state, 4);

	database_run(path,
		     "CREATE VIEW mine AS SELECT role FROM messages;"
		     "CREATE VIEW read AS SELECT session FROM v_messages");
	database_open(*state, path);
	assert_int_equal(database_int(path, "SELECT count(*) FROM mine"), 0);
	assert_int_equal(database_int(path, "SELECT count(*) FROM read"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(views_of_the_owner_are_upgraded),
		TEST(a_broken_view_of_the_owner_stays),
		TEST(views_of_messages_of_version_4_are_upgraded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
