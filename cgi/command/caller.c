/* SPDX-License-Identifier: MIT */
/* The user who started the command. */
#include "cgi/command/caller.h"

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
