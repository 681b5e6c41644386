/* SPDX-License-Identifier: MIT */
/* What the command says besides its output. */
#include "cgi/command/command.h"

#include <stdarg.h>
#include <stdio.h>

#define NAME "kimi-proxy"

void command_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static enum command_exit exit_of(enum error_kind kind)
{
	switch ((int)kind) {
	case ERROR_MISSING:
	case ERROR_TYPE:
	case ERROR_VALUE:
	case ERROR_UNSUPPORTED:
		return COMMAND_USAGE;
	case ERROR_NOT_FOUND:
	case ERROR_MODEL:
		return COMMAND_MISSING;
	case ERROR_FULL:
	case ERROR_SETUP:
		return COMMAND_BUSY;
	default:
		return COMMAND_FAILED;
	}
}

enum command_exit command_fail(const struct error *e)
{
	command_say(NAME ": %s", e->message);
	return exit_of(e->kind);
}
