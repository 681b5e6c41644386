/* SPDX-License-Identifier: MIT */
/* The HTTP daemon: a small thread per connection, requests gathered whole
 * before they are answered. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "exchange.h"
#include "fake.h"
#include "routes.h"
#include "server.h"

#define BODY_MAX ((size_t)128 << 20)
#define CONNECTIONS_MAX 8192
#define BACKLOG 4096
/* Also the maximum of a single write. Above 32 KiB libmicrohttpd maps it, so
 * that it is returned to the system with the connection. */
#define CONNECTION_MEMORY ((size_t)36 << 10)
#ifdef __SANITIZE_ADDRESS__
#define STACK_SIZE ((size_t)1 << 20)
#else
#define STACK_SIZE ((size_t)256 << 10)
#endif

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const char *bearer(struct MHD_Connection *connection)
{
	const char *value = header(connection, "Authorization");

	if (!value || strncasecmp(value, "Bearer ", 7) != 0)
		return NULL;
	value += 7;
	return value + strspn(value, " ");
}

static struct exchange *exchange_open(struct fake *fake,
				      struct MHD_Connection *connection,
				      const char *method, const char *path)
{
	struct exchange *ex = memory_new(sizeof(*ex));

	ex->fake = fake;
	ex->connection = connection;
	ex->fd = MHD_get_connection_info(connection,
					 MHD_CONNECTION_INFO_CONNECTION_FD)
			 ->connect_fd;
	ex->method = method;
	ex->path = path;
	ex->token = bearer(connection);
	ex->user_agent = header(connection, "User-Agent");
	ex->api_key = header(connection, "x-api-key");
	return ex;
}

/* Frees what only the reply needed, before it is sent. */
static void exchange_empty(struct exchange *ex)
{
	cJSON_Delete(ex->json);
	ex->json = NULL;
	text_fini(&ex->body);
	free(ex->parameter);
	ex->parameter = NULL;
}

static enum MHD_Result on_request(void *context,
				  struct MHD_Connection *connection,
				  const char *path, const char *method,
				  const char *version, const char *upload,
				  size_t *upload_size, void **request)
{
	struct exchange *ex = *request;
	enum MHD_Result result;

	(void)version;
	if (!ex) {
		*request = exchange_open(context, connection, method, path);
		return MHD_YES;
	}
	if (*upload_size) {
		ex->too_large |= ex->body.length + *upload_size > BODY_MAX;
		if (!ex->too_large)
			text_add(&ex->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (ex->too_large)
		return MHD_NO;
	result = routes_answer(ex);
	exchange_empty(ex);
	return result;
}

static void on_completed(void *context, struct MHD_Connection *connection,
			 void **request, enum MHD_RequestTerminationCode code)
{
	struct exchange *ex = *request;

	(void)context;
	(void)connection;
	(void)code;
	if (ex)
		exchange_empty(ex);
	free(ex);
	*request = NULL;
}

static void on_connection(void *context, struct MHD_Connection *connection,
			  void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	int on = 1, fd;

	(void)context;
	(void)socket_context;
	if (code != MHD_CONNECTION_NOTIFY_STARTED)
		return;
	fd = MHD_get_connection_info(connection,
				     MHD_CONNECTION_INFO_CONNECTION_FD)
		     ->connect_fd;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

struct MHD_Daemon *server_start(struct fake *fake, uint16_t port,
				const char *certificate, const char *key)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
			 MHD_USE_ITC | (certificate ? MHD_USE_TLS : 0u);
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct MHD_OptionItem options[] = {
		{ MHD_OPTION_SOCK_ADDR, 0, &address },
		{ MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL },
		{ MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL },
		{ MHD_OPTION_THREAD_STACK_SIZE, STACK_SIZE, NULL },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, NULL },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, NULL },
		{ certificate ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
		  (void *)(intptr_t)certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(intptr_t)key },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(flags, port, NULL, NULL, on_request, fake,
				MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

uint16_t server_port(struct MHD_Daemon *daemon)
{
	return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}
