/* SPDX-License-Identifier: MIT */
/* Blocks of memory in a file, which outlive the process that has them. */
#include "store/running_file_internal.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* A file of another form would need another name. */
#define SUFFIX "-running"
#define MAGIC "kimirun1"

/* Blocks by which the file becomes longer. */
#define STEP 64

/* No owner has this byte: one process at a time makes the file longer. */
#define GROWTH_BYTE (sizeof(off_t) > 4 ? INT64_C(1) << 49 : INT64_C(1) << 30)

#define TRIES 50

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

struct running_map {
	char magic[8];
	char boot[40]; /* of the machine, when it was last cleared */
	_Atomic int64_t owners[RUNNING_BLOCKS];
	struct running_refusals refusals[RUNNING_REFUSALS];
};

#define HEAD_SIZE (72 * 1024)
#define MAP_SIZE (HEAD_SIZE + (size_t)RUNNING_BLOCKS * RUNNING_BLOCK_SIZE)

_Static_assert(sizeof(struct running_map) <= HEAD_SIZE, "it has room");
_Static_assert(sizeof(struct running_block) == RUNNING_BLOCK_SIZE, "no gaps");

void running_file_init(struct running_file *f, const char *database)
{
	*f = (struct running_file){ 0 };
	pthread_mutex_init(&f->lock, NULL);
	lease_owners_init(&f->owners, database, SUFFIX);
}

void running_file_fini(struct running_file *f)
{
	struct running_map *map = atomic_load(&f->map);

	if (f->owners.path == NULL)
		return;
	if (map != NULL)
		munmap(map, MAP_SIZE);
	lease_owners_fini(&f->owners);
	pthread_mutex_destroy(&f->lock);
}

static struct flock byte_of(off_t byte, short type)
{
	return (struct flock){ .l_type = type,
			       .l_whence = SEEK_SET,
			       .l_start = byte,
			       .l_len = 1 };
}

/* Others have it for a moment, unless they were stopped. */
static bool lock_growth(int fd)
{
	struct flock l = byte_of((off_t)GROWTH_BYTE, F_WRLCK);

	for (int i = 0; i < TRIES; i++) {
		if (fcntl(fd, F_OFD_SETLK, &l) == 0)
			return true;
		clock_sleep_ms(1);
	}
	return false;
}

static void unlock_growth(int fd)
{
	struct flock l = byte_of((off_t)GROWTH_BYTE, F_UNLCK);

	fcntl(fd, F_OFD_SETLK, &l);
}

/* In blocks; as many as the map has room for. */
static uint32_t length_of(int fd)
{
	struct stat st;
	off_t n;

	if (fstat(fd, &st) != 0 || st.st_size < HEAD_SIZE)
		return 0;
	n = (st.st_size - HEAD_SIZE) / RUNNING_BLOCK_SIZE;
	return n > RUNNING_BLOCKS ? RUNNING_BLOCKS : (uint32_t)n;
}

/* Every byte is written: where the disk is full, this fails, and not whoever
 * comes to use the memory. */
static bool write_zeros(int fd, off_t from, off_t to)
{
	static const char zeros[HEAD_SIZE];

	while (from < to) {
		off_t n = to - from;
		ssize_t wrote = pwrite(
			fd, zeros,
			n > (off_t)sizeof(zeros) ? sizeof(zeros) : (size_t)n,
			from);

		if (wrote <= 0)
			return false;
		from += wrote;
	}
	return true;
}

static void make_longer(int fd, uint32_t than)
{
	uint32_t n;
	off_t end;

	if (!lock_growth(fd))
		return;
	n = length_of(fd);
	if (n <= than && n < RUNNING_BLOCKS) {
		end = HEAD_SIZE + (off_t)n * RUNNING_BLOCK_SIZE;
		if (!write_zeros(fd, n == 0 ? 0 : end,
				 end + (off_t)STEP * RUNNING_BLOCK_SIZE) &&
		    ftruncate(fd, n == 0 ? 0 : end) != 0)
			assert(length_of(fd) >= n);
	}
	unlock_growth(fd);
}

/* False: there are no more than these. */
static bool grow(struct running_file *f, uint32_t than)
{
	uint32_t n = atomic_load(&f->blocks);

	pthread_mutex_lock(&f->lock);
	if (n <= than && n < RUNNING_BLOCKS) {
		make_longer(f->owners.fd, n);
		n = length_of(f->owners.fd);
		atomic_store(&f->blocks, n);
	}
	pthread_mutex_unlock(&f->lock);
	return n > than;
}

struct running_refusals *running_file_refusals(struct running_file *f)
{
	return running_file_open(f) ? atomic_load(&f->map)->refusals : f->own;
}

static _Atomic int64_t *owner_of(struct running_file *f, uint32_t n)
{
	return &atomic_load(&f->map)->owners[n - 1];
}

int64_t running_file_owner(struct running_file *f, uint32_t n)
{
	return atomic_load(owner_of(f, n));
}

uint32_t running_file_claim(struct running_file *f)
{
	uint32_t n = 1, blocks;

	do {
		blocks = atomic_load(&f->blocks);
		for (; n <= blocks; n++) {
			_Atomic int64_t *owner = owner_of(f, n);
			int64_t nobody = 0;

			if (atomic_load_explicit(owner, memory_order_relaxed) ==
				    0 &&
			    atomic_compare_exchange_strong(owner, &nobody,
							   f->owners.own))
				return n;
		}
	} while (grow(f, blocks));
	return 0;
}

struct running_block *running_file_block(struct running_file *f, uint32_t n)
{
	char *map = (char *)atomic_load(&f->map);

	if (n == 0 || n > atomic_load(&f->blocks))
		return NULL;
	return (struct running_block *)(void *)(map + HEAD_SIZE +
						(size_t)(n - 1) *
							RUNNING_BLOCK_SIZE);
}

/* A dead process may have written more than it said. */
void running_file_free(struct running_file *f, uint32_t n)
{
	struct running_block *b = running_file_block(f, n);
	size_t used;

	assert(b != NULL);
	used = running_file_owner(f, n) == f->owners.own ?
		       atomic_load(&b->used) :
		       sizeof(b->bytes);
	atomic_store(&b->first, 0);
	atomic_store(&b->used, 0);
	atomic_store(&b->next, 0);
	memset(b->bytes, 0, used);
	atomic_store(owner_of(f, n), 0);
}

void running_file_each_of(struct running_file *f, uint32_t first,
			  void (*each)(void *ctx, uint32_t n), void *ctx)
{
	int64_t owner = running_file_owner(f, first);
	uint32_t n = first, next;

	for (size_t i = 0; i < RUNNING_BLOCKS && n != 0; i++, n = next) {
		struct running_block *b = running_file_block(f, n);

		if (b == NULL || running_file_owner(f, n) != owner)
			return;
		next = atomic_load(&b->next);
		each(ctx, n);
	}
}

static void free_block(void *ctx, uint32_t n)
{
	running_file_free(ctx, n);
}

void running_file_free_all(struct running_file *f, uint32_t first)
{
	running_file_each_of(f, first, free_block, f);
}

static void replace_given_up(struct running_file *f, uint32_t old, uint32_t n)
{
	uint32_t *at = f->given_up, *end = at + RUNNING_GIVEN_UP;

	pthread_mutex_lock(&f->lock);
	while (at < end && *at != old)
		at++;
	if (at < end)
		*at = n;
	pthread_mutex_unlock(&f->lock);
}

void running_file_give_up(struct running_file *f, uint32_t n)
{
	replace_given_up(f, 0, n);
}

void running_file_take_back(struct running_file *f, uint32_t n)
{
	replace_given_up(f, n, 0);
}

static bool runs(const struct running_file *f, int64_t owner)
{
	struct flock l = byte_of((off_t)owner, F_WRLCK);

	return fcntl(f->owners.fd, F_OFD_GETLK, &l) != 0 || l.l_type != F_UNLCK;
}

static void each_given_up(struct running_file *f,
			  void (*found)(void *ctx, uint32_t n), void *ctx)
{
	uint32_t all[RUNNING_GIVEN_UP];

	pthread_mutex_lock(&f->lock);
	memcpy(all, f->given_up, sizeof(all));
	pthread_mutex_unlock(&f->lock);
	for (size_t i = 0; i < RUNNING_GIVEN_UP; i++)
		if (all[i] != 0)
			found(ctx, all[i]);
}

/* Not of this process. Blocks of one lie together, mostly. */
static void each_left(struct running_file *f,
		      void (*found)(void *ctx, uint32_t n), void *ctx)
{
	uint32_t blocks = length_of(f->owners.fd);
	int64_t alive = f->owners.own;

	atomic_store(&f->blocks, blocks);
	for (uint32_t n = 1; n <= blocks; n++) {
		int64_t owner = running_file_owner(f, n);

		if (owner == 0 || owner == alive || owner == f->owners.own)
			continue;
		if (runs(f, owner))
			alive = owner;
		else
			found(ctx, n);
	}
}

void running_file_each_dead(struct running_file *f,
			    void (*found)(void *ctx, uint32_t n), void *ctx)
{
	each_left(f, found, ctx);
	each_given_up(f, found, ctx);
}

void running_file_each_alive(struct running_file *f,
			     void (*found)(void *ctx, uint32_t n), void *ctx)
{
	uint32_t blocks = length_of(f->owners.fd);
	int64_t alive = f->owners.own;

	atomic_store(&f->blocks, blocks);
	for (uint32_t n = 1; n <= blocks; n++) {
		int64_t owner = running_file_owner(f, n);

		if (owner == 0)
			continue;
		if (owner != alive && owner != f->owners.own && !runs(f, owner))
			continue;
		alive = owner;
		found(ctx, n);
	}
}

/* --- Opening it --- */

/* "": it cannot be known, and all are taken for one. */
static void read_boot(char boot[40])
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, boot, 36);

	memset(boot + (n > 0 ? n : 0), 0, (size_t)(40 - (n > 0 ? n : 0)));
	if (fd >= 0)
		close(fd);
}

static void clear(void *ctx, uint32_t n)
{
	running_file_free(ctx, n);
}

/* With the lock that one process has at a time. */
static void forget_other_boots(struct running_file *f, struct running_map *map)
{
	char boot[40];

	read_boot(boot);
	if (memcmp(map->boot, boot, sizeof(boot)) == 0)
		return;
	each_left(f, clear, f);
	memcpy(map->boot, boot, sizeof(boot));
}

/* A file that is new holds zeros. */
static bool adopt(struct running_file *f, struct running_map *map)
{
	static const char none[sizeof(map->magic)];
	bool ours;

	if (!lock_growth(f->owners.fd))
		return false;
	if (memcmp(map->magic, none, sizeof(none)) == 0)
		memcpy(map->magic, MAGIC, sizeof(map->magic));
	ours = memcmp(map->magic, MAGIC, sizeof(map->magic)) == 0;
	if (ours)
		forget_other_boots(f, map);
	unlock_growth(f->owners.fd);
	return ours;
}

/* Of as many blocks as there may be: those that the file does not have yet are
 * not touched. */
static void map_file(struct running_file *f)
{
	struct running_map *map;
	int fd;

	if (lease_owners_own(&f->owners) == 0)
		return;
	fd = f->owners.fd;
	if (length_of(fd) == 0)
		make_longer(fd, 0);
	atomic_store(&f->blocks, length_of(fd));
	if (atomic_load(&f->blocks) == 0)
		return;
	map = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return;
	atomic_store(&f->map, map);
	if (adopt(f, map))
		return;
	atomic_store(&f->map, NULL);
	munmap(map, MAP_SIZE);
}

bool running_file_open(struct running_file *f)
{
	if (atomic_load(&f->map) != NULL)
		return true;
	pthread_mutex_lock(&f->lock);
	if (!f->tried)
		map_file(f);
	f->tried = true;
	pthread_mutex_unlock(&f->lock);
	return atomic_load(&f->map) != NULL;
}
