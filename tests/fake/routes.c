/* SPDX-License-Identifier: MIT */
/* The table of all endpoints, and the way of a request through it: counted,
 * matched with a scene, answered. */
#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "code.h"
#include "control.h"
#include "fake.h"
#include "platform.h"
#include "platform_upload.h"
#include "routes.h"
#include "scene.h"
#include "web.h"

#define GATEWAY "/apiv2/kimi.gateway."
/* Rows of both regions. */
#define PLATFORM(name, method, path, answer)                                   \
	{ &platform_service, name, method, path, answer, false },              \
	{                                                                      \
		&platform_cn_service, name, method, "/cn" path, answer, false  \
	}
#define CODE(name, method, path, answer)                                       \
	{ &code_service, name, method, "/coding/v1" path, answer, false },     \
	{                                                                      \
		&code_ai_service, name, method, "/codeai/coding/v1" path,      \
			answer, false                                          \
	}

static const struct route routes[] = {
	{ &connect_service, "chat", "POST", GATEWAY "chat.v1.ChatService/Chat",
	  connect_answer_chat, true },
	{ &connect_service, "models", NULL,
	  GATEWAY "config.v1.ConfigService/GetAvailableModels",
	  connect_answer_models, false },
	{ &connect_service, "delete", "POST",
	  "/apiv2/kimi.chat.v1.ChatService/DeleteChat", connect_answer_delete,
	  false },
	{ &connect_service, "delete_batch", "POST",
	  "/apiv2/kimi.chat.v1.ChatService/BatchDeleteChats",
	  connect_answer_batch, false },
	{ &connect_service, "list", "POST",
	  "/apiv2/kimi.chat.v1.ChatService/ListChats", connect_answer_list,
	  false },
	{ &connect_service, "messages", "POST",
	  GATEWAY "chat.v1.ChatService/ListMessages", connect_answer_messages,
	  false },
	{ &connect_service, "user", "POST",
	  GATEWAY "order.v1.SubscriptionService/GetSubscription",
	  connect_answer_user, false },
	{ &connect_service, "stats", "POST",
	  GATEWAY "membership.v2.MembershipService/GetSubscriptionStats",
	  connect_answer_stats, false },
	{ &connect_service, "upload", "POST", "/apiv2-files/file/upload",
	  connect_answer_upload, false },
	{ &connect_service, "parse", "POST",
	  "/apiv2-files/kimi.gateway.file.v1.FileService/GetFileParseProgress",
	  connect_answer_parse, false },
	{ &connect_service, "refresh", "POST",
	  "/api/account.gateway.v1.AuthService/RefreshToken",
	  connect_answer_refresh, false },
	{ &connect_service, "unknown", NULL, "/apiv2", connect_answer_unknown,
	  false },
	{ &web_service, "refresh", "GET", "/api/auth/token/refresh",
	  web_answer_refresh, false },
	{ &web_service, "user", "GET", "/api/user", web_answer_user, false },
	{ &web_service, "chat_create", "POST", "/api/chat", web_answer_create,
	  false },
	{ &web_service, "chat_delete", "DELETE", "/api/chat/*",
	  web_answer_delete, false },
	{ &web_service, "completion", "POST", "/api/chat/*/completion/stream",
	  web_answer_completion, true },
	{ &web_service, "pre_sign", "POST", "/api/pre-sign-url",
	  web_answer_pre_sign, false },
	{ &web_service, "put", "PUT", "/presigned/*", web_answer_put, false },
	{ &web_service, "file", "POST", "/api/file", web_answer_file, false },
	{ &web_service, "parse", "POST", "/api/file/parse_process",
	  web_answer_parse, false },
	{ &auth_service, "device", "POST", "/api/oauth/device_authorization",
	  code_answer_device, false },
	{ &auth_service, "token", "POST", "/api/oauth/token", code_answer_token,
	  false },
	{ &web_service, "unknown", NULL, "/api/", web_answer_unknown, false },
	{ &platform_service, "completion", "POST", "/v1/chat/completions",
	  platform_answer_completion, true },
	{ &platform_cn_service, "completion", "POST", "/cn/v1/chat/completions",
	  platform_answer_completion, true },
	{ &platform_messages_service, "messages", "POST",
	  "/anthropic/v1/messages", platform_answer_messages, true },
	{ &platform_cn_messages_service, "messages", "POST",
	  "/cn/anthropic/v1/messages", platform_answer_messages, true },
	PLATFORM("models", "GET", "/v1/models", platform_answer_models),
	PLATFORM("user", "GET", "/v1/users/me/balance",
		 platform_answer_balance),
	PLATFORM("tokens", "POST", "/v1/tokenizers/estimate-token-count",
		 platform_answer_tokens),
	PLATFORM("files", "POST", "/v1/files", platform_answer_upload),
	PLATFORM("file_list", "GET", "/v1/files", platform_answer_file_list),
	PLATFORM("file", "GET", "/v1/files/*", platform_answer_file),
	PLATFORM("file_delete", "DELETE", "/v1/files/*",
		 platform_answer_file_delete),
	PLATFORM("file_content", "GET", "/v1/files/*/content",
		 platform_answer_file_content),
	{ &platform_cn_service, "unknown", NULL, "/cn/",
	  platform_answer_unknown, false },
	{ &code_service, "completion", "POST", "/coding/v1/chat/completions",
	  code_answer_completion, true },
	{ &code_ai_service, "completion", "POST",
	  "/codeai/coding/v1/chat/completions", code_answer_completion, true },
	{ &code_messages_service, "messages", "POST", "/coding/v1/messages",
	  code_answer_messages, true },
	{ &code_ai_messages_service, "messages", "POST",
	  "/codeai/coding/v1/messages", code_answer_messages, true },
	CODE("models", "GET", "/models", code_answer_models),
	CODE("usages", "GET", "/usages", code_answer_usages),
	CODE("user", "GET", "/me", code_answer_user),
	CODE("search", "POST", "/search", code_answer_search),
	CODE("fetch", "POST", "/fetch", code_answer_fetch),
	CODE("files", "POST", "/files", code_answer_upload),
	{ &code_service, "unknown", NULL, "/coding/", code_answer_unknown,
	  false },
	{ &code_ai_service, "unknown", NULL, "/codeai/", code_answer_unknown,
	  false },
	{ NULL, "scenes", "POST", "/_fake/scenes", control_answer_scenes,
	  false },
	{ NULL, "settings", "POST", "/_fake/settings", control_answer_settings,
	  false },
	{ NULL, "gates", "POST", "/_fake/gates", control_answer_gates, false },
	{ NULL, "reset", "POST", "/_fake/reset", control_answer_reset, false },
	{ NULL, "stats", "GET", "/_fake/stats", control_answer_stats, false },
	{ NULL, "requests", "GET", "/_fake/requests", control_answer_requests,
	  false },
	{ NULL, "unknown", NULL, "/_fake/", control_answer_unknown, false },
	{ &platform_service, "unknown", NULL, "/", platform_answer_unknown,
	  false },
};

#define ROUTES (sizeof(routes) / sizeof(*routes))
_Static_assert(ROUTES <= RECORD_ROUTES, "a counter for each route");

/*
 * Whether the path matches. *parameter is what the '*' matched; caller frees.
 */
static bool path_fits(const char *pattern, const char *path, char **parameter)
{
	const char *star = strchr(pattern, '*');
	size_t before = star ? (size_t)(star - pattern) : 0, n;

	if (!star)
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, before) != 0)
		return false;
	n = strcspn(path + before, "/");
	if (n == 0 || strcmp(star + 1, path + before + n) != 0)
		return false;
	*parameter = strndup(path + before, n);
	if (!*parameter)
		abort();
	return true;
}

static bool route_fits(const struct route *route, struct exchange *ex)
{
	if (!route->method)
		return strncmp(ex->path, route->path, strlen(route->path)) == 0;
	return strcmp(route->method, ex->method) == 0 &&
	       path_fits(route->path, ex->path, &ex->parameter);
}

/* Parts of the service that a setting can switch off. */
static const struct part {
	const char *path; /* how it starts */
	size_t setting;
} parts[] = {
	{ "/apiv2", offsetof(struct settings, connect) },
	{ "/api/account.gateway", offsetof(struct settings, connect_refresh) },
	{ "/api/chat", offsetof(struct settings, legacy) },
	{ "/api/file", offsetof(struct settings, legacy) },
	{ "/api/pre-sign-url", offsetof(struct settings, legacy) },
};

/* The status that the route's part answers if it is switched off, or 0. */
static int route_gone(const struct exchange *ex)
{
	const char *settings = (const char *)&ex->fake->settings;
	int status = 0;

	pthread_mutex_lock(&ex->fake->lock);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strncmp(ex->path, parts[i].path, strlen(parts[i].path)) ==
		    0)
			memcpy(&status, settings + parts[i].setting,
			       sizeof(status));
	pthread_mutex_unlock(&ex->fake->lock);
	return status;
}

/* As a web server that does not know the path. */
static enum MHD_Result answer_gone(struct exchange *ex, int status)
{
	struct text page = { 0 };
	enum MHD_Result result;

	text_printf(&page,
		    "<html>\r\n<head><title>%d</title></head>\r\n<body>\r\n"
		    "<center><h1>%d</h1></center>\r\n<hr><center>nginx"
		    "</center>\r\n</body>\r\n</html>\r\n",
		    status, status);
	result = exchange_reply(ex, NULL, status, "text/html", &page);
	text_fini(&page);
	return result;
}

static enum MHD_Result answer_service(struct exchange *ex)
{
	struct scene scene;
	enum MHD_Result result = MHD_NO;
	int gone;

	record_request(ex, (size_t)(ex->route - routes));
	gone = route_gone(ex);
	if (gone)
		return answer_gone(ex, gone);
	rules_match(ex, &scene);
	if (scene_is_plain(&scene))
		result = exchange_plain(ex, &scene);
	else if (ex->route->completion || exchange_delay(ex, &scene))
		result = ex->route->answer(ex, &scene);
	scene_fini(&scene);
	return result;
}

enum MHD_Result routes_answer(struct exchange *ex)
{
	ex->route = routes;
	while (ex->route < routes + ROUTES - 1 && !route_fits(ex->route, ex))
		ex->route++;
	if (ex->body.length)
		ex->json = cJSON_ParseWithLength(ex->body.at, ex->body.length);
	return ex->route->service ? answer_service(ex) :
				    ex->route->answer(ex, NULL);
}

void routes_counts(struct fake *fake, struct text *json)
{
	const char *comma = "";

	text_put(json, "{");
	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < ROUTES; i++) {
		if (!routes[i].service)
			continue;
		text_printf(json, "%s\"%s.%s\":%lu", comma,
			    routes[i].service->name, routes[i].name,
			    fake->record.requests[i]);
		comma = ",";
	}
	pthread_mutex_unlock(&fake->lock);
	text_put(json, "}");
}
