/* SPDX-License-Identifier: MIT */
/* Looks for kimi.conf where owners of shared hosts can keep it. */
#include "app/config_search.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/document_root.h"

#define NAME "kimi.conf"
#define PRIVATE "/kimi-private"

const char *config_folder(struct arena *a, const char *path)
{
	char program[PATH_MAX];
	ssize_t n;
	const char *slash;

	if (path == NULL) {
		n = readlink("/proc/self/exe", program, sizeof(program) - 1);
		program[n < 0 ? 0 : n] = '\0';
		path = program;
	}
	slash = strrchr(path, '/');
	return slash == NULL ? "." :
			       arena_copy_n(a, path, (size_t)(slash - path));
}

#define NOT_USED NAME " in kimi-private is not used: "

static const char foreign[] = NOT_USED
	"it belongs to another user than the one that the program "
	"runs as. Change its owner, or name it in KIMI_CONFIG.";
static const char readable[] = NOT_USED
	"other users may read or change it. Set its mode to 0600.";
static const char inside[] = NOT_USED
	"it is inside the document root of the web server. Move kimi-private "
	"out of it.";

/* Anybody may learn `told`: without the file no key is known. */
static void refuse(struct config_found *f, const char *why, const char *told)
{
	f->refused = true;
	f->why_refused = why;
	error_set(&f->error, ERROR_SETUP, "%s", told);
}

static void judge(struct config_found *f, const struct stat *s)
{
	if (s->st_uid != geteuid())
		refuse(f, foreign, foreign);
	else if ((s->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		refuse(f, readable, readable);
	else if (document_root_of_cgi_holds(f->path))
		refuse(f, inside,
		       NOT_USED "its place is wrong; the log says more.");
}

/* The entry of the user that the program runs as. */
static bool own_entry(struct passwd *user, char *space, size_t n)
{
	struct passwd *found = NULL;

	return getpwuid_r(geteuid(), user, space, n, &found) == 0 &&
	       found != NULL;
}

static void refuse_unseen(struct config_found *f, struct arena *a)
{
	char space[4096];
	struct passwd user;
	const char *name = own_entry(&user, space, sizeof(space)) ?
				   user.pw_name :
				   arena_printf(a, "user %d", (int)geteuid());
	const char *why = arena_printf(
		a,
		NAME " was not found: this program runs as %.64s, which may "
		     "not look into kimi-private. Prefer a host that runs CGI "
		     "programs as their owner (suexec); apache/README.md says "
		     "what else can be done.",
		name);

	refuse(f, why, why);
}

static bool find_private(struct config_found *f, struct arena *a,
			 const char *folder)
{
	const char *path = arena_printf(a, "%s/" NAME, folder);
	char real[PATH_MAX];
	struct stat s;

	if (stat(path, &s) == 0 && realpath(path, real) != NULL) {
		f->path = arena_copy(a, real);
		judge(f, &s);
		return true;
	}
	if (errno != EACCES || access(folder, F_OK) != 0)
		return false;
	f->path = path;
	refuse_unseen(f, a);
	return true;
}

static const char *home_folder(struct arena *a)
{
	char space[4096];
	struct passwd user;

	if (!own_entry(&user, space, sizeof(space)))
		return NULL;
	return arena_printf(a, "%s" PRIVATE, user.pw_dir);
}

void config_search(struct config_found *f, struct arena *a)
{
	const char *path = getenv("KIMI_CONFIG"), *folder;

	*f = (struct config_found){ .path = path };
	if (path != NULL && *path != '\0')
		return;
	folder = config_folder(a, NULL);
	f->path = arena_printf(a, "%s/" NAME, folder);
	if (access(f->path, F_OK) == 0)
		return;
	f->path = NULL;
	if (find_private(f, a, arena_printf(a, "%s/.." PRIVATE, folder)) ||
	    find_private(f, a, arena_printf(a, "%s/../.." PRIVATE, folder)))
		return;
	path = home_folder(a);
	if (path != NULL)
		find_private(f, a, path);
}
