/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_CALLER_H
#define COMMAND_CALLER_H

#include <sys/types.h>

#include "base/arena.h"

/* Who a command works as: setup_user may have changed that. */
struct user {
	uid_t uid;
	gid_t gid;
};

/* Works on as the user who started the command, until user_restore is given
 * what it returns. */
struct user user_become_caller(void);
void user_restore(struct user user);

/* The name of a user in the arena, or its number if it has none. */
const char *user_name(uid_t uid, struct arena *a);

#endif
