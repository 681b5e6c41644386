/* SPDX-License-Identifier: MIT */
#ifndef FAKE_FAULT_H
#define FAKE_FAULT_H

/* An error of the Open Platform or of Kimi Code, for scenes with `fault`. */
struct fault {
	const char *name;
	int status;
	const char *type, *message; /* no message: the page of a gateway */
	const char *messages_type;  /* on the Anthropic flavour, if another */
	const char *code;	    /* beside the type, or NULL */
	const char *retry_after;    /* that header, or NULL */
	const char *body;	    /* instead of the service's own */
};

/* NULL: no such name. */
const struct fault *fault_find(const char *name);

#endif
