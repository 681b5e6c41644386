/* SPDX-License-Identifier: MIT */
/* Reads a request from CGI variables and a body. */
#include "http/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/percent.h"
#include "base/utf8.h"

#define PIECE 8192

/* Resolves "//", "." and ".." in place; "" is the root. */
static void tidy_path(char *path)
{
	char *out = path, *in = path;

	while (*in != '\0') {
		size_t n;

		in += strspn(in, "/");
		n = strcspn(in, "/");
		if (n == 2 && memcmp(in, "..", 2) == 0) {
			while (out > path && *--out != '/')
				;
		} else if (n > 0 && !(n == 1 && *in == '.')) {
			*out++ = '/';
			memmove(out, in, n);
			out += n;
		}
		in += n;
	}
	*out = '\0';
}

/* A slash goes in front, so that whatever a server lets through is a path and
 * tidying never makes it longer. */
static bool add_path(struct http_request *r, struct arena *a, const char *raw,
		     struct error *e)
{
	size_t n = strcspn(raw, "?#");
	char *path = arena_alloc(a, n + 2);

	path[0] = '/';
	if (!percent_decode(raw, n, path + 1) ||
	    !utf8_valid(path, strlen(path)))
		return error_set(e, ERROR_BAD_REQUEST,
				 "The path has a malformed percent escape or "
				 "is not UTF-8.");
	tidy_path(path);
	r->paths[r->n_paths++] = path;
	return true;
}

/* Some servers pass the absolute form (RFC 9112, 3.2.2): drop its origin. */
static const char *origin_form(const char *uri)
{
	const char *authority = strstr(uri, "://");

	if (*uri == '/' || authority == NULL)
		return uri;
	return authority + 3 + strcspn(authority + 3, "/?");
}

static const char *without_prefix(const char *path, const char *prefix)
{
	size_t n = prefix == NULL ? 0 : strlen(prefix);

	while (n > 0 && prefix[n - 1] == '/')
		n--;
	if (n > 0 && strncmp(path, prefix, n) == 0 &&
	    strchr("/?", path[n]) != NULL)
		return path + n;
	return path;
}

static bool ends_with_slash(const char *uri)
{
	size_t n = strcspn(uri, "?#");

	return n > 0 && uri[n - 1] == '/';
}

/* The web server has decoded the others already: where one is malformed, it had
 * an escaped percent sign, and REQUEST_URI tells. */
static bool read_paths(struct http_request *r, struct arena *a,
		       const char *prefix, struct error *e)
{
	const char *uri = http_request_header(r, "REQUEST_URI");
	const char *info = http_request_header(r, "PATH_INFO");
	const char *script = http_request_header(r, "SCRIPT_NAME");

	r->is_folder = uri != NULL && ends_with_slash(uri);
	if (uri != NULL &&
	    !add_path(r, a, without_prefix(origin_form(uri), prefix), e))
		return false;
	if (info != NULL && !add_path(r, a, info, e) && uri == NULL)
		return false;
	if (script != NULL)
		return add_path(r, a,
				arena_join(a, script, info == NULL ? "" : info),
				e) ||
		       uri != NULL;
	return r->n_paths > 0 || add_path(r, a, "/", e);
}

bool http_request_head(struct http_request *r, struct arena *a,
		       const struct gateway *g, const char *prefix,
		       struct error *e)
{
	*r = (struct http_request){ .gateway = g, .arena = a };
	arena_buf_init(a, &r->body, 0);
	r->method = http_request_header(r, "REQUEST_METHOD");
	if (r->method == NULL)
		r->method = "GET";
	r->method = arena_copy(a, r->method);
	r->encoding_name = http_request_header(r, "HTTP_CONTENT_ENCODING");
	r->left =
		http_declared_length(http_request_header(r, "CONTENT_LENGTH"));
	return read_paths(r, a, prefix, e);
}

int64_t http_declared_length(const char *text)
{
	size_t n = text == NULL ? 0 : strspn(text, "0123456789");

	return n > 0 && text[n] == '\0' ? strtoll(text, NULL, 10) : -1;
}

/* What follows the declared length is none of the body. */
static void skip_surplus(struct http_request *r)
{
	char piece[PIECE];

	while (r->gateway->read(r->gateway->ctx, piece, sizeof(piece)) > 0)
		;
	r->sent_whole = true;
}

static bool read_gateway(struct http_request *r, void *p, size_t *n,
			 struct error *e)
{
	ssize_t got;

	if (r->left > 0 && (int64_t)*n > r->left)
		*n = (size_t)r->left;
	got = r->gateway->read(r->gateway->ctx, p, *n);
	*n = got > 0 ? (size_t)got : 0;
	r->sent_whole = got <= 0;
	if (got < 0 || (got == 0 && r->left > 0))
		return error_set(e, ERROR_BAD_REQUEST,
				 "The request body ended early: it is shorter "
				 "than its Content-Length says, or the "
				 "connection broke.");
	if (r->left > 0)
		r->left -= got;
	return true;
}

/* As the client sent it. */
static bool read_sent(void *request, void *p, size_t *n, struct error *e)
{
	struct http_request *r = request;

	if (r->peeked) {
		*(char *)p = r->first;
		*n = 1;
		r->peeked = false;
		return true;
	}
	if (r->left == 0 && !r->sent_whole)
		skip_surplus(r);
	if (!r->sent_whole)
		return read_gateway(r, p, n, e);
	*n = 0;
	return true;
}

/* Without a body the encoding means nothing, even if it is unknown. */
static bool begin_decoding(struct http_request *r, struct error *e)
{
	struct content_source sent = { read_sent, r };
	size_t n = 1;

	if (!read_sent(r, &r->first, &n, e))
		return false;
	if (n == 0)
		return true;
	r->peeked = true;
	r->encoding = content_encoding_open(r->encoding_name, r->max_decoded,
					    sent, r->arena, e);
	return r->encoding != NULL;
}

static bool read_decoded(struct http_request *r, void *p, size_t *n,
			 struct error *e)
{
	if (r->encoding_name == NULL)
		return read_sent(r, p, n, e);
	if (r->encoding == NULL && !begin_decoding(r, e))
		return false;
	if (r->encoding != NULL)
		return content_encoding_read(r->encoding, p, n, e);
	*n = 0;
	return true;
}

bool http_request_piece(struct http_request *r, void *p, size_t *n,
			struct error *e)
{
	bool ok = true;

	if (r->read_whole)
		*n = 0;
	else
		ok = read_decoded(r, p, n, e);
	r->read_whole = !ok || *n == 0;
	return ok;
}

void http_request_skip(struct http_request *r)
{
	char piece[PIECE];
	struct error ignored;

	r->read_whole = true;
	while (!r->sent_whole) {
		size_t n = sizeof(piece);

		read_sent(r, piece, &n, &ignored);
	}
}

/* One that comes without a length, or grows when it is decoded, asks for twice
 * what it has each time. */
static bool make_room(struct http_request *r, size_t n, struct error *e)
{
	int64_t needed = (int64_t)(r->body.len + n), wanted = 2 * needed;

	if (r->share == NULL || needed <= MEMORY_SMALL ||
	    needed <= r->share->size)
		return true;
	if (wanted > (int64_t)r->body.limit)
		wanted = (int64_t)r->body.limit;
	return memory_share_grow(r->share, wanted, e);
}

static bool too_large(const struct http_request *r, struct error *e)
{
	return error_set(e, ERROR_TOO_LARGE,
			 "The request body is larger than %zu bytes.",
			 r->body.limit);
}

static bool store(struct http_request *r, const char *piece, size_t n,
		  struct error *e)
{
	if (r->body.len + n <= r->body.limit && !make_room(r, n, e))
		return false;
	if (buf_append(&r->body, piece, n))
		return true;
	if (r->body.starved)
		return error_no_memory(e, (int64_t)(r->body.len + n));
	return too_large(r, e);
}

static bool store_all(struct http_request *r, struct error *e)
{
	char piece[PIECE];

	while (!r->read_whole) {
		size_t n = sizeof(piece);

		if (!http_request_piece(r, piece, &n, e) ||
		    !store(r, piece, n, e))
			return false;
	}
	return true;
}

/* One that is too large by its length takes no memory. */
static bool discard(struct http_request *r, struct error *e)
{
	char piece[PIECE];

	while (!r->read_whole) {
		size_t n = sizeof(piece);

		if (!http_request_piece(r, piece, &n, e))
			return false;
	}
	return too_large(r, e);
}

/* In one piece, if its length is known. */
static bool reserve(struct http_request *r, struct error *e)
{
	int64_t n = r->encoding_name == NULL ? r->left : 0;

	if (n > (int64_t)r->body.limit)
		return discard(r, e);
	return n <= MEMORY_SMALL || buf_reserve(&r->body, (size_t)n) ||
	       error_no_memory(e, n);
}

bool http_request_body(struct http_request *r, size_t max_body, struct error *e)
{
	r->body.limit = max_body;
	r->max_decoded = (int64_t)max_body;
	if (reserve(r, e) && store_all(r, e))
		return true;
	http_request_skip(r);
	return false;
}

const char *http_request_header(const struct http_request *r, const char *name)
{
	const char *value = r->gateway->param(r->gateway->ctx, name);

	return value == NULL || *value == '\0' ? NULL : value;
}

/* A blank may be written as "+". */
static const char *query_text(const char *p, size_t n, struct arena *a)
{
	char *raw = arena_copy_n(a, p, n), *value = arena_alloc(a, n + 1);

	for (char *plus = raw; (plus = strchr(plus, '+')) != NULL;)
		*plus = ' ';
	if (!percent_decode(raw, n, value) || !utf8_valid(value, strlen(value)))
		return NULL;
	return value;
}

static const char *query_value(const char *p, size_t n, struct arena *a)
{
	const char *value = query_text(p, n, a);

	return value == NULL || *value == '\0' ? NULL : value;
}

const char *http_request_query(const struct http_request *r, const char *name,
			       struct arena *a)
{
	const char *p = http_request_header(r, "QUERY_STRING");
	size_t length = strlen(name);

	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, "&");

		if (strncmp(p, name, length) == 0 && p[length] == '=')
			return query_value(p + length + 1, n - length - 1, a);
		p += n + (p[n] == '&');
	}
	return NULL;
}

bool http_request_query_at(const struct http_request *r, size_t index,
			   const char **name, const char **value,
			   struct arena *a)
{
	const char *p = http_request_header(r, "QUERY_STRING");
	size_t n, equals;

	while (p != NULL && index-- > 0) {
		p = strchr(p, '&');
		p = p == NULL ? NULL : p + 1;
	}
	if (p == NULL)
		return false;
	n = strcspn(p, "&");
	equals = strcspn(p, "&=");
	*name = query_text(p, equals, a);
	*value = equals == n ? "" :
			       query_text(p + equals + 1, n - equals - 1, a);
	return true;
}
