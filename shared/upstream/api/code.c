/* SPDX-License-Identifier: MIT */
/* Kimi Code, and which of its two flavours answers. */
#include <string.h>

#include "upstream/api/chat_events.h"
#include "upstream/api/code_identity.h"
#include "upstream/api/code_models.h"
#include "upstream/api/code_search.h"
#include "upstream/api/code_token.h"
#include "upstream/api/code_usages.h"
#include "upstream/api/json_call.h"
#include "upstream/api/key.h"
#include "upstream/api/known_models.h"
#include "upstream/api/messages_events.h"
#include "upstream/api/request_body.h"
#include "upstream/api/search.h"
#include "upstream/cooldown.h"
#include "upstream/model.h"
#include "upstream/note.h"
#include "upstream/services.h"

#define FLAVOUR_NOTE "flavour"

/* The two APIs of the service, by the names used in notes. Its documents name
 * them after the formats they use, OpenAI's and Anthropic's. */
#define CHAT "chat"
#define MESSAGES "messages"

static bool plausible(struct arena *a, const char *secret)
{
	(void)a;
	return key_plausible(secret);
}

static const char *first_flavour(struct upstream_call *call)
{
	const char *noted = note_find(call, FLAVOUR_NOTE);

	if (call->model->traits & MODEL_MESSAGES)
		return MESSAGES;
	return noted != NULL && strcmp(noted, MESSAGES) == 0 ? MESSAGES : CHAT;
}

static bool run_in(const char *flavour, struct upstream_call *call,
		   const struct chat_request *request,
		   struct chat_stream *stream)
{
	struct api_service service = code_identity_service(call);

	return strcmp(flavour, MESSAGES) == 0 ?
		       messages_events_run(call, &service, request, stream) :
		       chat_events_run(call, &service, request, stream);
}

/* Where one flavour refuses this program the other may not; which one does
 * not is noted. */
static bool run_round(struct upstream_call *call,
		      const struct chat_request *request,
		      struct chat_stream *stream)
{
	const char *flavour = first_flavour(call);

	if (run_in(flavour, call, request, stream))
		return true;
	if (call->error->kind != ERROR_CLIENT_REFUSED || stream->started ||
	    !upstream_has_chance(call) ||
	    (call->model->traits & MODEL_MESSAGES))
		return false;
	flavour = strcmp(flavour, CHAT) == 0 ? MESSAGES : CHAT;
	note_save(call, FLAVOUR_NOTE, flavour);
	return run_in(flavour, call, request, stream);
}

/* A key whose quota is used up cools down until that is renewed. */
static void find_reset(struct upstream_call *call)
{
	struct error quota = *call->error;
	int64_t reset = code_usages_reset_ms(call, quota.message);

	*call->error = quota;
	if (reset > 0)
		call->error->cooldown_ms = call->error->retry_after_ms = reset;
}

/* The account runs fewer requests at once than we thought. */
static void note_slots(struct upstream_call *call)
{
	struct error busy = *call->error;

	code_usages_note_slots(call);
	*call->error = busy;
}

/* If the plan does not include the model, the service answers as if the key
 * were wrong: another key may work, and this key for other models. */
static void excuse_key(struct upstream_call *call)
{
	const char *why;

	if (!key_is_any(call->bearer))
		return;
	why = arena_copy(call->arena, call->error->message);
	error_set(call->error, ERROR_FORBIDDEN,
		  "Kimi Code refused '%.64s' for this key: if the key is "
		  "correct, the model requires a higher plan. %s",
		  call->model->name, why);
	call->error->cooldown_ms = COOLDOWN_OVER;
}

static bool run(struct upstream_call *call, const struct chat_request *request,
		struct chat_stream *stream)
{
	static const struct search search = {
		.tool = { .name = "web_search",
			  .description = "Searches the web. Answer with what "
					 "it finds and name the sources.",
			  .parameters = "{\"type\":\"object\",\"properties\":"
					"{\"query\":{\"type\":\"string\"}},"
					"\"required\":[\"query\"]}" },
		.perform = code_search_perform,
	};

	if (search_run(call, request, stream, &search, run_round))
		return true;
	if (call->error->kind == ERROR_QUOTA)
		find_reset(call);
	if (strcasestr(call->error->message, "concurrent request") != NULL)
		note_slots(call);
	if (call->error->kind == ERROR_CREDENTIAL &&
	    (call->model->traits & MODEL_PLAN))
		excuse_key(call);
	return false;
}

static bool list(struct upstream_call *call, struct model_list *models)
{
	return code_models_list(call, &upstream_code, models);
}

/* Who the account belongs to is known without a plan, too. */
static bool profile(struct upstream_call *call, const char **plan)
{
	struct api_service service = code_identity_service(call);
	const cJSON *body = json_call_get(call, &service, "/me");

	if (body != NULL)
		*plan = json_text(body, "user_level_name");
	return body != NULL;
}

static int64_t slots(const struct config *config)
{
	return config->code_slots;
}

const struct upstream upstream_code = {
	.name = "code",
	.features = UPSTREAM_TOOLS | UPSTREAM_IMAGES | UPSTREAM_VIDEOS |
		    UPSTREAM_FORMAT | UPSTREAM_LIMITS,
	.replacement = "make a new key at www.kimi.com/code/console and copy "
		       "it",
	.sign_in = "sign in again with 'kimi-proxy credential login kimi-code'",
	.models = known_models_code,
	.recognizes = key_is_code,
	.plausible = plausible,
	.access = code_token_access,
	.renew = code_token_renew,
	.run = run,
	.list = list,
	.lists_details = true,
	.file_scheme = REQUEST_BODY_FILE_SCHEME,
	.slots = slots,
	.profile = profile,
	.quotas = code_usages,
};
