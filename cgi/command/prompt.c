/* SPDX-License-Identifier: MIT */
/* Asks the person at the terminal. */
#include "cgi/command/prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"

#define LINE 8192

/* --- A line --------------------------------------------------------------- */

/* Reads up to the end of a line, which is not kept; false if there is nothing. */
static bool read_line(char line[LINE])
{
	size_t n = 0;
	ssize_t got;
	char c;

	do {
		got = read(STDIN_FILENO, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 1 && c != '\n' && n < LINE - 1)
			line[n++] = c;
	} while (got != 0 && !(got < 0 && errno != EINTR) && c != '\n');
	line[n] = '\0';
	return n > 0 || got == 1;
}

/* --- Without echo --------------------------------------------------------- */

static void hold_signals(sigset_t *held)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
				       SIGTSTP };

	sigemptyset(held);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(held, signals[i]);
}

/* Until a line can be read; false if a signal came first, which still waits. */
static bool wait_for_line(const sigset_t *held)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = signalfd(-1, held, SFD_CLOEXEC), .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	close(fds[1].fd);
	return fds[1].revents == 0;
}

/*
 * Signals are held while the terminal shows nothing. When one comes, the
 * terminal is as it was before the signal ends or stops the process; if it does
 * not, or after it goes on, the question is asked again.
 */
static bool read_hidden(const char *question, char line[LINE])
{
	struct termios before, hidden;
	sigset_t held, usual;
	bool came, read = false;

	hold_signals(&held);
	do {
		if (tcgetattr(STDIN_FILENO, &before) != 0)
			return false;
		hidden = before;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		sigprocmask(SIG_BLOCK, &held, &usual);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &hidden);
		fputs(question, stderr);
		came = wait_for_line(&held);
		if (came)
			read = read_line(line);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
		fputc('\n', stderr);
		sigprocmask(SIG_SETMASK, &usual, NULL);
	} while (!came);
	return read;
}

const char *prompt_secret(struct arena *a, const char *what, struct error *e)
{
	char line[LINE];
	bool read = isatty(STDIN_FILENO) == 1 ?
			    read_hidden(arena_printf(a, "%s: ", what), line) :
			    read_line(line);
	const char *secret = NULL;

	if (read)
		secret = arena_copy(a, text_trim_in_place(line));
	explicit_bzero(line, sizeof(line));
	if (secret != NULL && *secret != '\0')
		return secret;
	error_set(e, ERROR_MISSING, "Nothing was given as %s.", what);
	return NULL;
}

/* --- Yes or no ------------------------------------------------------------ */

static bool is_answer(const char *typed, const char *answer)
{
	return strcasecmp(typed, answer) == 0 ||
	       (strlen(typed) == 1 && strncasecmp(typed, answer, 1) == 0);
}

/* Until it is answered; false also if nobody does. */
static bool ask(const char *question)
{
	char line[LINE], *typed;

	do {
		fprintf(stderr, "%s Is that meant? (yes/no) ", question);
		if (!read_line(line))
			return false;
		typed = text_trim_in_place(line);
		if (is_answer(typed, "yes"))
			return true;
	} while (!is_answer(typed, "no"));
	return false;
}

bool prompt_confirm(const struct command *c, struct error *e,
		    const char *format, ...)
{
	char question[512];
	va_list args;

	if (option_given(&c->options, "yes"))
		return true;
	va_start(args, format);
	vsnprintf(question, sizeof(question), format, args);
	va_end(args);
	if (isatty(STDIN_FILENO) != 1)
		return error_set(e, ERROR_MISSING,
				 "%s Give --yes if that is meant.", question);
	return ask(question) ||
	       error_set(e, ERROR_CLIENT_GONE, "Nothing was done.");
}
