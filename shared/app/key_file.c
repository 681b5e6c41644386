/* SPDX-License-Identifier: MIT */
/* The key under which the database has the owner's credentials. */
#include "app/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config_search.h"

#define KEY_BYTES 32
#define KEY_DIGITS (2 * KEY_BYTES)
#define OTHERS (S_IRWXG | S_IRWXO)

static bool is_key(const char *text, ssize_t n)
{
	return (n == KEY_DIGITS ||
		(n == KEY_DIGITS + 1 && text[n - 1] == '\n')) &&
	       strspn(text, "0123456789abcdef") == KEY_DIGITS;
}

static bool check(int fd, const char *path, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (st.st_mode & OTHERS) == 0)
		return true;
	return error_set(
		e, ERROR_SETUP,
		"Others than its owner may read %s, which decrypts the "
		"credentials in the database. Run 'chmod 600 %s', and "
		"if somebody may have read it, replace the "
		"credentials.",
		path, path);
}

static const char *read_key(int fd, const char *path, struct arena *a,
			    struct error *e)
{
	char text[KEY_DIGITS + 2] = { 0 };
	ssize_t n;

	if (!check(fd, path, e))
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	if (is_key(text, n))
		return arena_copy_n(a, text, KEY_DIGITS);
	error_set(e, ERROR_SETUP,
		  "%s is damaged: it has to be 64 hexadecimal digits. Put it "
		  "back from the backup, or remove it and the credentials "
		  "that it decrypts, and add them again.",
		  path);
	return NULL;
}

static bool say_unreadable(const char *path, struct error *e)
{
	if (errno == ENOENT)
		return error_set(
			e, ERROR_SETUP,
			"%s is missing, which decrypts the credentials "
			"in the database. Put it back from the backup, "
			"or remove those credentials and add them "
			"again.",
			path);
	return error_set(e, ERROR_SETUP,
			 "%s, which decrypts the credentials in the database, "
			 "cannot be read: %s. It has to belong to the user "
			 "that the server runs as.",
			 path, strerror(errno));
}

const char *key_file_read(const char *path, struct arena *a, struct error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const char *key;

	if (fd < 0) {
		say_unreadable(path, e);
		return NULL;
	}
	key = read_key(fd, path, a, e);
	close(fd);
	return key;
}

static bool write_key(int fd)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[KEY_BYTES];
	char text[KEY_DIGITS + 1];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[KEY_DIGITS] = '\n';
	return write(fd, text, sizeof(text)) == sizeof(text) && fsync(fd) == 0;
}

/* The name is on disk before what it decrypts is, where that can be had. */
static void sync_folder(const char *path, struct arena *a)
{
	int fd = open(config_folder(a, path), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* Whole and once: it gets its name when it is written, and no second one
 * does. */
static bool make(const char *path, uid_t user, gid_t group, struct arena *a)
{
	char *draft = arena_printf(a, "%s.XXXXXX", path);
	int fd = mkostemp(draft, O_CLOEXEC), number;
	bool ok;

	if (fd < 0)
		return false;
	ok = write_key(fd) &&
	     (geteuid() != 0 || fchown(fd, user, group) == 0) &&
	     (link(draft, path) == 0 || errno == EEXIST);
	number = errno;
	close(fd);
	unlink(draft);
	sync_folder(path, a);
	errno = number;
	return ok;
}

/* The folder of the settings may be root's: who was root before it became the
 * user of the database is it again for this file. */
static bool make_as_root(const char *path, struct arena *a)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	bool root = user != 0 && getuid() == 0 && seteuid(0) == 0, ok;
	int number;

	ok = make(path, user, group, a);
	number = errno;
	if (root && seteuid(user) != 0)
		abort();
	errno = number;
	return ok;
}

const char *key_file_make(const char *path, struct arena *a, struct error *e)
{
	if (access(path, F_OK) != 0 && errno == ENOENT &&
	    !make_as_root(path, a)) {
		error_set(e, ERROR_SETUP,
			  "%s, which is to encrypt credentials in the "
			  "database, cannot be made: %s. Add the first "
			  "credential as a user who may write there, such as "
			  "root.",
			  path, strerror(errno));
		return NULL;
	}
	return key_file_read(path, a, e);
}
