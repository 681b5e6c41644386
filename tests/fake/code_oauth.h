/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CODE_OAUTH_H
#define FAKE_CODE_OAUTH_H

#include "exchange.h"

struct code_grant;

/* Kimi Code's logins: waiting devices and issued tokens. */
struct code_oauth {
	struct code_grant *grants;
	unsigned made;
};

extern const struct service auth_service;

enum MHD_Result code_answer_device(struct exchange *ex, struct scene *scene);
enum MHD_Result code_answer_token(struct exchange *ex, struct scene *scene);

/* Whether that access token was issued and has not expired. Takes the lock. */
bool code_oauth_knows(struct fake *fake, const char *access);
/* Under the lock. */
void code_oauth_revoke(struct code_oauth *oauth);
void code_oauth_clear(struct code_oauth *oauth);

#endif
