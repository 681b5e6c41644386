/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_FAILURE_H
#define UPSTREAM_FAILURE_H

#include "base/error.h"

/* Which wire a failure came over: one bit each, as the table's rows name
 * several. */
enum failure_service {
	FAILURE_LEGACY = 1 << 0,    /* Kimi web, legacy (kimi-upstreams A6) */
	FAILURE_CURRENT = 1 << 1,   /* Kimi web, current (B8) */
	FAILURE_PLATFORM = 1 << 2,  /* Open Platform (C17) */
	FAILURE_CODE = 1 << 3,	    /* Kimi Code, OpenAI flavour (D5) */
	FAILURE_ANTHROPIC = 1 << 4, /* Kimi Code, Anthropic flavour (D5) */
};

/* What a service said. */
struct failure {
	enum failure_service service;
	long status;		/* 0: within an answer that began with 200 */
	const char *type;	/* error type, code or reason; may be NULL */
	const char *message;	/* prose; may be NULL */
	int64_t retry_after_ms; /* 0: not named */
};

/*
 * The one classifier of all services: fills `e` with kind, message, and how
 * long the credential rests. What is passed on of `message` is redacted.
 * Always false.
 */
bool failure_set(struct error *e, const struct failure *f);

#endif
