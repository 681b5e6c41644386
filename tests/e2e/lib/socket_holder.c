/* SPDX-License-Identifier: MIT */
/*
 * Does what systemd does for a socket unit: it opens the Unix socket PATH,
 * starts PROGRAM with it as descriptor 3, and at SIGHUP ends the program with
 * SIGTERM and starts it again once it has ended. At SIGTERM it ends with it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void open_socket(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	unlink(path);
	umask(0117);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 1024) != 0)
		exit(1);
	if (fd != 3 && (dup2(fd, 3) != 3 || close(fd) != 0))
		exit(1);
}

static pid_t start(const char *program, const sigset_t *blocked)
{
	pid_t child = fork();
	char self[16];

	if (child != 0)
		return child;
	sigprocmask(SIG_UNBLOCK, blocked, NULL);
	snprintf(self, sizeof(self), "%d", (int)getpid());
	setenv("LISTEN_PID", self, 1);
	setenv("LISTEN_FDS", "1", 1);
	execl(program, program, (char *)NULL);
	_exit(127);
}

int main(int argc, char **argv)
{
	int signal = SIGHUP, status = 0;
	sigset_t set;

	if (argc != 3)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	open_socket(argv[1]);
	while (signal == SIGHUP) {
		pid_t child = start(argv[2], &set);

		sigwait(&set, &signal);
		kill(child, SIGTERM);
		waitpid(child, &status, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
