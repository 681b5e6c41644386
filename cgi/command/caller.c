/* SPDX-License-Identifier: MIT */
/* The user who started the command. */
#include "cgi/command/caller.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

struct user user_become_caller(void)
{
	const struct user now = { geteuid(), getegid() };

	if (now.uid != getuid() &&
	    (seteuid(getuid()) != 0 || setegid(getgid()) != 0))
		abort();
	return now;
}

void user_restore(struct user user)
{
	if (user.uid != geteuid() &&
	    (setegid(user.gid) != 0 || seteuid(user.uid) != 0))
		abort();
}

const char *user_name(uid_t uid, struct arena *a)
{
	char space[4096];
	struct passwd user, *known = NULL;

	if (getpwuid_r(uid, &user, space, sizeof(space), &known) == 0 &&
	    known != NULL)
		return arena_copy(a, known->pw_name);
	return arena_printf(a, "user %lu", (unsigned long)uid);
}
