/* SPDX-License-Identifier: MIT */
/* Fetches URLs that clients name without reaching anything private. */
#include "http/fetch.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "http/address.h"
#include "http/resolve.h"

#define SCHEME "https://"
#define MAX_URL 8192
#define MAX_HOST 253
#define MAX_REDIRECTS 3
/* How soon a host is refused: unknown names take about as long. */
#define REFUSE_MS 500

#define MAX_ADDRESSES 3 /* tried in turn */

struct visit {
	struct fetch *fetch;
	const char *url;
	int64_t give_up_ms;
	struct buf redirect;
	struct error *error; /* of the spool */
};

static bool refuse(struct error *e, const char *why)
{
	return error_set(e, ERROR_VALUE, "The URL cannot be fetched: %s.", why);
}

/* Visible ASCII, without the character that parsers disagree about. */
static bool is_plain(const char *url)
{
	size_t n = strlen(url);

	for (size_t i = 0; i < n; i++)
		if (url[i] <= ' ' || url[i] > '~' || url[i] == '\\')
			return false;
	return n <= MAX_URL;
}

static bool is_name(const char *host)
{
	for (; *host != '\0'; host++)
		if (!isalnum((unsigned char)*host) &&
		    strchr(".-_", *host) == NULL)
			return false;
	return true;
}

/* A name, an IPv4 address, or an IPv6 address in brackets. */
static bool copy_host(char *host, const char *p, size_t n)
{
	bool v6 = n > 2 && p[0] == '[' && p[n - 1] == ']';
	struct in6_addr ignored;

	if (n == 0 || n > MAX_HOST)
		return false;
	memcpy(host, p + v6, n - 2 * v6);
	host[n - 2 * v6] = '\0';
	return v6 ? inet_pton(AF_INET6, host, &ignored) == 1 : is_name(host);
}

/* Port 443, spelled out or not. */
static bool read_host(const char *url, char host[MAX_HOST + 1], struct error *e)
{
	const char *p = url + strlen(SCHEME);
	size_t n, whole;

	if (!is_plain(url))
		return refuse(e, "it is too long or has characters that a URL "
				 "cannot have");
	if (strncasecmp(url, SCHEME, strlen(SCHEME)) != 0)
		return refuse(e, "it does not begin with https://");
	n = whole = strcspn(p, "/?#");
	if (memchr(p, '@', n) != NULL)
		return refuse(e, "it contains a user name");
	if (n > 4 && memcmp(p + n - 4, ":443", 4) == 0)
		n -= 4;
	else if (n > 1 && p[n - 1] == ':')
		n--;
	if (copy_host(host, p, n))
		return true;
	return refuse(e, memchr(p, ':', whole) != NULL && *p != '[' ?
				 "its port is not 443" :
				 "it has no valid host");
}

static bool are_public(const struct sockaddr_storage *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!address_is_public((const struct sockaddr *)&list[i]))
			return false;
	return n > 0;
}

/* Which names this network knows is nobody's business: those get the same
 * answer as unknown ones, and as late, since unknown ones take longer. */
static bool refuse_host(struct fetch *f, int64_t begun_ms, struct error *e)
{
	int64_t left_ms = begun_ms + REFUSE_MS - clock_ms();

	if (left_ms > 0 && !http_client_wait(f->http, left_ms, e))
		return false;
	return refuse(e, "its host is unknown or not on the public Internet");
}

static bool resolve(struct fetch *f, const char *host,
		    struct sockaddr_storage *list, size_t *n, struct error *e)
{
	int64_t begun_ms = clock_ms();

	*n = f->http->resolve(host, list, RESOLVE_MAX);
	return are_public(list, *n) || refuse_host(f, begun_ms, e);
}

static bool save(const struct visit *v, const char *p, size_t n)
{
	struct fetch *f = v->fetch;

	if ((int64_t)n > f->max - f->to->size)
		return error_set(v->error, ERROR_VALUE,
				 "The URL cannot be fetched: it is larger than "
				 "%" PRId64 " bytes.",
				 f->max);
	return spool_write(f->to, p, n, v->error);
}

static enum flow on_bytes(void *ctx, const char *p, size_t n)
{
	return save(ctx, p, n) ? FLOW_CONTINUE : FLOW_FAILED;
}

/* The client's messages name its usual peer, which this host is not. */
static bool explain(struct error *e)
{
	if (e->kind == ERROR_TIMEOUT)
		return refuse(e, "its host did not answer in time");
	if (e->kind == ERROR_UPSTREAM)
		return refuse(e, "its host cannot be reached over https");
	return false;
}

static bool check_status(const struct visit *v, long status, struct error *e)
{
	if (status / 100 == 2)
		return true;
	if (status / 100 == 3 && v->redirect.len > 0)
		return true;
	return error_set(e, ERROR_VALUE,
			 "The URL cannot be fetched: its host answered with "
			 "status %ld.",
			 status);
}

static bool request(struct visit *v, const char *address, long *status,
		    struct error *e)
{
	struct fetch *f = v->fetch;
	struct http_call call = {
		.method = "GET",
		.url = v->url,
		.accept = "*/*",
		.address = address,
		.redirect = &v->redirect,
		.on_bytes = on_bytes,
		.ctx = v,
		.max_ms = v->give_up_ms - clock_ms(),
	};
	struct http_reply reply;
	bool ok;

	if (call.max_ms <= 0)
		return refuse(e, "its host did not answer in time");
	http_reply_init(&reply);
	buf_clear(&v->redirect);
	v->error = e;
	ok = f->http->send(f->http, &call, &reply, e);
	*status = reply.status;
	f->type = arena_copy(f->arena, reply.type);
	buf_fini(&reply.body);
	return (ok || explain(e)) && check_status(v, *status, e);
}

/* Tries the next address only if one cannot be reached at all. */
static bool try_addresses(struct visit *v, const struct sockaddr_storage *list,
			  size_t n, long *status, struct error *e)
{
	for (size_t i = 0; i < n && i < MAX_ADDRESSES; i++) {
		char address[NI_MAXHOST];
		socklen_t size = list[i].ss_family == AF_INET ?
					 sizeof(struct sockaddr_in) :
					 sizeof(struct sockaddr_in6);

		if (getnameinfo((const struct sockaddr *)&list[i], size,
				address, sizeof(address), NULL, 0,
				NI_NUMERICHOST) != 0)
			return refuse(e, "its host cannot be reached");
		if (request(v, address, status, e))
			return true;
		if (*status != 0 || e->kind != ERROR_VALUE)
			return false;
	}
	return false;
}

static bool visit(struct visit *v, long *status, struct error *e)
{
	struct sockaddr_storage list[RESOLVE_MAX];
	char host[MAX_HOST + 1];
	size_t n;

	*status = 0;
	return read_host(v->url, host, e) &&
	       resolve(v->fetch, host, list, &n, e) &&
	       try_addresses(v, list, n, status, e);
}

static bool follow(struct visit *v, struct error *e)
{
	long status;

	for (int i = 0; i <= MAX_REDIRECTS; i++) {
		if (!visit(v, &status, e))
			return false;
		if (status / 100 == 2)
			return true;
		v->url = arena_copy(v->fetch->arena, buf_text(&v->redirect));
	}
	return refuse(e, "it redirects too many times");
}

bool http_fetch(struct fetch *f, const char *url, struct error *e)
{
	struct visit v = { .fetch = f,
			   .url = url,
			   .give_up_ms = clock_ms() + f->max_ms };
	bool ok;

	buf_init(&v.redirect, MAX_URL);
	ok = follow(&v, e);
	buf_fini(&v.redirect);
	return ok;
}
