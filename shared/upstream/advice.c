/* SPDX-License-Identifier: MIT */
/* What the owner of a credential has to do when Kimi refuses it. */
#include "upstream/advice.h"

#include <stdio.h>
#include <string.h>

#include "upstream/cooldown.h"
#include "upstream/upstream.h"

enum trouble advice_trouble(const struct error *why)
{
	bool known = why->kind == ERROR_FORBIDDEN;

	if (why->kind == ERROR_CREDENTIAL)
		return TROUBLE_KEY;
	if (known && why->cooldown_ms == COOLDOWN_FOREVER)
		return TROUBLE_CLOSED;
	if (known && why->cooldown_ms == COOLDOWN_UNPAID)
		return TROUBLE_PLAN;
	if (why->kind == ERROR_CLIENT_REFUSED)
		return TROUBLE_PROGRAM;
	return why->kind == ERROR_QUOTA ? TROUBLE_QUOTA : TROUBLE_NONE;
}

bool advice_is_refusal(const struct error *why)
{
	enum trouble t = advice_trouble(why);

	return t != TROUBLE_NONE && t != TROUBLE_QUOTA;
}

/* The end of "make a new key …" and the like. */
static const char *destination(const struct credential *c)
{
	if (c->of_client)
		return ", then send it as the API key";
	return c->kept ? " into 'kimi-proxy credential add'" :
			 " into KIMI_TOKENS";
}

/* What came by signing in is a token. */
static bool is_key(const char *secret)
{
	return strncmp(secret, "sk-", 3) == 0;
}

static void say_key(char out[ADVICE_SIZE], const struct credential *c,
		    const char *words)
{
	bool signed_in = c->upstream->sign_in != NULL && !is_key(c->secret);

	snprintf(out, ADVICE_SIZE,
		 "Kimi does not accept %s credential: %s%s%s. %.250s",
		 c->of_client ? "your" : "this server's",
		 c->of_client ? "" : "its owner has to ",
		 signed_in ? c->upstream->sign_in : c->upstream->replacement,
		 signed_in ? "" : destination(c), words);
}

/* What happened to whose credential, and what to do. */
static const struct {
	const char *what, *todo;
} texts[] = {
	[TROUBLE_CLOSED] = { "Kimi has closed the account of",
			     "ask Kimi why, or use another account" },
	[TROUBLE_PLAN] = { "Kimi finds no paid plan for",
			   "renew it at www.kimi.com/code/console" },
	[TROUBLE_PROGRAM] = { "Kimi does not accept this program with",
			      "use one of another service, such as the Open "
			      "Platform" },
	[TROUBLE_QUOTA] = { "Kimi says that nothing is left of the quota or "
			    "balance of",
			    "top it up, wait until it is renewed, or add "
			    "another credential" },
};

bool advice_write(char out[ADVICE_SIZE], const struct credential *c,
		  const struct error *why)
{
	enum trouble trouble = advice_trouble(why);

	if (trouble == TROUBLE_NONE)
		return false;
	if (trouble == TROUBLE_KEY)
		say_key(out, c, why->message);
	else
		snprintf(out, ADVICE_SIZE, "%s %s credential: %s %s. %.250s",
			 texts[trouble].what,
			 c->of_client ? "your" : "this server's",
			 c->of_client ? "you have to" : "its owner has to",
			 texts[trouble].todo, why->message);
	return true;
}
