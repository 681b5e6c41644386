/* SPDX-License-Identifier: MIT */
/* Signals as something to poll for. */
#include "fcgi/signals.h"

#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* libfcgi takes an interrupted write for a lost client, so no thread may be
 * interrupted by a signal. */
int signals_open(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* the write fails then, and says why */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum signals_wish wish_of(uint32_t number)
{
	if (number == SIGTERM || number == SIGINT)
		return SIGNALS_STOP;
	return number == SIGHUP ? SIGNALS_RELOAD : SIGNALS_NOTHING;
}

enum signals_wish signals_read(int fd)
{
	enum signals_wish most = SIGNALS_NOTHING;
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		enum signals_wish wish = wish_of(info.ssi_signo);

		if (wish > most)
			most = wish;
	}
	return most;
}
