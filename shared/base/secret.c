/* SPDX-License-Identifier: MIT */
/* What is done with secrets besides using them: name, compare, seal, redact. */
#include "base/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <nettle/chacha-poly1305.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>

#include "base/api_key_secret.h"
#include "base/hash.h"

#define NONCE CHACHA_POLY1305_NONCE_SIZE
#define TAG CHACHA_POLY1305_DIGEST_SIZE
#define MIN_SHOWN 20 /* shorter ones would be half revealed */
#define MIN_PART 8

const char *const secret_public_keys[] = { "sk-default", "sk-false" };

void secret_fingerprint(const char *secret, char out[FINGERPRINT_SIZE])
{
	hash_text(secret, out);
}

bool secret_same_fingerprint(const char a[FINGERPRINT_SIZE],
			     const char b[FINGERPRINT_SIZE])
{
	return memeql_sec(a, b, FINGERPRINT_SIZE) != 0;
}

char *secret_label(struct arena *a, const char *secret)
{
	char fingerprint[FINGERPRINT_SIZE];
	size_t n = strlen(secret);

	if (api_key_secret_is(secret) && n >= MIN_SHOWN)
		return arena_printf(a, API_KEY_SECRET_PREFIX "…%s",
				    secret + n - 4);
	if (n >= MIN_SHOWN)
		return arena_printf(a, "%.4s…%s", secret, secret + n - 4);
	secret_fingerprint(secret, fingerprint);
	return arena_printf(a, "%.*s…#%.6s", n > 8 ? 4 : 0, secret,
			    fingerprint);
}

static void sealing_key(struct chacha_poly1305_ctx *ctx, const char *secret)
{
	static const char purpose[] = "kimi-proxy seal\n";
	uint8_t key[SHA256_DIGEST_SIZE];
	struct sha256_ctx hash;

	_Static_assert(sizeof(key) == CHACHA_POLY1305_KEY_SIZE, "key size");
	sha256_init(&hash);
	sha256_update(&hash, strlen(purpose), (const uint8_t *)purpose);
	sha256_update(&hash, strlen(secret), (const uint8_t *)secret);
	sha256_digest(&hash, sizeof(key), key);
	chacha_poly1305_set_key(ctx, key);
}

void *secret_seal(struct arena *a, const char *secret, const char *text,
		  size_t *length)
{
	size_t n = strlen(text);
	uint8_t *out = arena_alloc(a, NONCE + TAG + n);
	struct chacha_poly1305_ctx ctx;

	if (getrandom(out, NONCE, 0) != NONCE)
		abort();
	sealing_key(&ctx, secret);
	chacha_poly1305_set_nonce(&ctx, out);
	chacha_poly1305_encrypt(&ctx, n, out + NONCE + TAG,
				(const uint8_t *)text);
	chacha_poly1305_digest(&ctx, TAG, out + NONCE);
	*length = NONCE + TAG + n;
	return out;
}

char *secret_open(struct arena *a, const char *secret, const void *sealed,
		  size_t length)
{
	const uint8_t *in = sealed;
	struct chacha_poly1305_ctx ctx;
	uint8_t tag[TAG];
	char *text;
	size_t n;

	if (sealed == NULL || length < NONCE + TAG)
		return NULL;
	n = length - NONCE - TAG;
	text = arena_alloc(a, n + 1);
	sealing_key(&ctx, secret);
	chacha_poly1305_set_nonce(&ctx, in);
	chacha_poly1305_decrypt(&ctx, n, (uint8_t *)text, in + NONCE + TAG);
	chacha_poly1305_digest(&ctx, TAG, tag);
	if (!memeql_sec(tag, in + NONCE, TAG))
		return NULL;
	return text;
}

/* So much after its start stands in the label of a secret. */
#define IN_LABEL 1

static bool in_token(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

/* Our own texts name these. */
static bool is_public(const char *token, size_t n)
{
	for (size_t i = 0; i < SECRET_PUBLIC_KEYS; i++)
		if (strlen(secret_public_keys[i]) == n &&
		    memcmp(token, secret_public_keys[i], n) == 0)
			return true;
	return false;
}

static size_t token_length(const char *p)
{
	size_t n = 0;

	while (in_token(p[n]))
		n++;
	return n;
}

/* Of what begins a secret; 0: it does not. */
static size_t start_length(const char *p)
{
	static const char *const starts[] = { "sk-", "eyJ", "org-", "ak-",
					      API_KEY_SECRET_PREFIX };

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (*p == *starts[i] &&
		    strncmp(p, starts[i], strlen(starts[i])) == 0)
			return strlen(starts[i]);
	return 0;
}

/* The next letter or digit that follows neither; or the end. */
static char *next_word(char *p)
{
	while (isalnum((unsigned char)*p))
		p++;
	while (*p != '\0' && !isalnum((unsigned char)*p))
		p++;
	return p;
}

/* A secret begins with a word. */
void secret_redact(char *text)
{
	char *p = isalnum((unsigned char)*text) ? text : next_word(text);

	while (*p != '\0') {
		size_t keep = start_length(p), n;

		if (keep == 0) {
			p = next_word(p);
			continue;
		}
		n = token_length(p);
		if (n > keep + IN_LABEL && !is_public(p, n))
			memset(p + keep, '.', n - keep);
		p = next_word(p + n);
	}
}

void secret_redact_word(char *text, const char *secret)
{
	size_t n = secret == NULL ? 0 : strlen(secret);

	for (char *p = text; n >= MIN_PART && *p != '\0'; p++) {
		size_t left = strlen(p), m = left < n ? left : n;

		if (m >= MIN_PART && memcmp(p, secret, m) == 0)
			memset(p, '.', m);
	}
}
