/* SPDX-License-Identifier: MIT */
#ifndef FAKE_EXCHANGE_H
#define FAKE_EXCHANGE_H

#include <cjson/cJSON.h>
#include <microhttpd.h>
#include <stdbool.h>

#include "text.h"

struct exchange;
struct fake;
struct fault;
struct scene;

/* A family of routes: its name in matches and statistics, and how it words
 * an HTTP status it has nothing more to say about. The rest may be NULL. */
struct service {
	const char *name;
	void (*failure)(struct text *body, int status);
	void (*fault)(struct text *body, const struct fault *fault);
	/* Adds the headers all its replies have, but those there already. */
	void (*headers)(struct MHD_Response *response);
};

struct route {
	const struct service *service; /* NULL: control */
	const char *name, *method;
	const char *path; /* one '*' stands for one segment */
	enum MHD_Result (*answer)(struct exchange *ex, struct scene *scene);
	bool completion; /* handles its delay itself */
};

/* One HTTP request being answered. Strings live as long as it does. */
struct exchange {
	struct fake *fake;
	struct MHD_Connection *connection;
	int fd;
	const struct route *route;
	const char *method, *path, *token, *user_agent;
	const char *api_key; /* header x-api-key */
	char *parameter;     /* what the '*' matched */
	struct text body;
	cJSON *json; /* the body, if it is JSON */
	bool too_large;
};

const char *exchange_header(const struct exchange *ex, const char *name);
/* The bearer token or else the x-api-key; NULL: neither. */
const char *exchange_credential(const struct exchange *ex);
/* Adds the address at which the client reached us, without a path. */
void exchange_base(const struct exchange *ex, struct text *url);
/* Sleeps; false when the client left. Then return MHD_NO. */
bool exchange_wait(const struct exchange *ex, int ms);
/* The delay that the scene wants before the head of a reply. False when the
 * connection ended meanwhile. */
bool exchange_delay(const struct exchange *ex, const struct scene *scene);

/* Sends the body (borrowed) at once, with what the scene adds or cuts. */
enum MHD_Result exchange_reply(const struct exchange *ex,
			       const struct scene *scene, int status,
			       const char *type, const struct text *body);
/* The same for JSON; frees the body. */
enum MHD_Result exchange_json(const struct exchange *ex,
			      const struct scene *scene, int status,
			      struct text *body);
/* The reply a scene with `status`, `body` or `fault` asks for, after its
 * delay. */
enum MHD_Result exchange_plain(const struct exchange *ex,
			       const struct scene *scene);
/* The service's own wording of a status. */
enum MHD_Result exchange_failure(const struct exchange *ex,
				 const struct service *service, int status);
/* Adds the scene's headers, and the type unless they have one. */
void exchange_headers(struct MHD_Response *response, const struct scene *scene,
		      const char *type);
/* The headers that all replies of the route's service have. */
void exchange_service_headers(const struct exchange *ex,
			      struct MHD_Response *response);

#endif
