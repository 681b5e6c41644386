/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_FAILURE_H
#define UPSTREAM_FAILURE_H

#include "base/error.h"

/* The wire a failure came over: one bit each, as a row of the table may be
 * about several. */
enum failure_wire {
	FAILURE_WEB_LEGACY = 1 << 0,
	FAILURE_WEB_CURRENT = 1 << 1,
	FAILURE_PLATFORM = 1 << 2,
	FAILURE_CODE_CHAT = 1 << 3,	/* Kimi Code, Chat flavour */
	FAILURE_CODE_MESSAGES = 1 << 4, /* Kimi Code, Messages flavour */
};

/* What a service said. */
struct failure {
	enum failure_wire wire;
	long status;		/* 0: within a reply that began with 200 */
	const char *type;	/* error type or reason; may be NULL */
	const char *code;	/* beside the type; may be NULL */
	const char *message;	/* prose; may be NULL */
	int64_t context;	/* tokens that the model accepts; 0: unknown */
	int64_t retry_after_ms; /* 0: not named */
};

/*
 * The one classifier for all services: fills `e` with kind, message, and how
 * long the credential has to cool down. What is passed on of `message` is
 * redacted. Always false.
 */
bool failure_set(struct error *e, const struct failure *f);

#endif
