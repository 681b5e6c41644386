/* SPDX-License-Identifier: MIT */
#ifndef HTTP_LIBCURL_H
#define HTTP_LIBCURL_H

#include <pthread.h>
#include <stdbool.h>

#include <curl/curl.h>

#include "base/error.h"

/* The functions of libcurl that we call, without the prefix "curl_". */
#define LIBCURL_FUNCTIONS(X)                                                   \
	X(global_init)                                                         \
	X(easy_init)                                                           \
	X(easy_reset)                                                          \
	X(easy_setopt)                                                         \
	X(easy_getinfo)                                                        \
	X(easy_cleanup)                                                        \
	X(easy_strerror)                                                       \
	X(multi_init)                                                          \
	X(multi_setopt)                                                        \
	X(multi_add_handle)                                                    \
	X(multi_remove_handle)                                                 \
	X(multi_perform)                                                       \
	X(multi_poll)                                                          \
	X(multi_info_read)                                                     \
	X(multi_strerror)                                                      \
	X(multi_cleanup)                                                       \
	X(slist_append)                                                        \
	X(slist_free_all)                                                      \
	X(url)                                                                 \
	X(url_set)                                                             \
	X(url_cleanup)

struct libcurl {
#define LIBCURL_MEMBER(name) __typeof__(curl_##name) *(name);
	LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER
};

/* To be called before there are threads. */
void libcurl_prepare(void);

/*
 * Loads the library at run time: linking it makes a CGI process start nine
 * times slower than an empty program and takes 8 MiB, and most requests make no
 * outgoing call. Not every version may be loaded by several threads at once:
 * `loading`, if it is not NULL, is held meanwhile. ERROR_SETUP if the library is
 * missing.
 */
bool libcurl_load(struct libcurl *api, pthread_mutex_t *loading,
		  struct error *e);

#endif
