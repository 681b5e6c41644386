/* SPDX-License-Identifier: MIT */
/* Scenes prepared beforehand, and which of them a request gets. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "exchange.h"
#include "fake.h"
#include "scene.h"

enum condition {
	MATCH_SERVICE,
	MATCH_ROUTE,
	MATCH_TOKEN,
	MATCH_PROMPT,
	MATCHES
};

static const char *const condition_names[MATCHES] = { "service", "route",
						      "token", "prompt" };

struct rule {
	struct rule *next;
	char *match[MATCHES]; /* NULL: any */
	int times;	      /* -1: forever */
	cJSON *scene;
};

static void rule_free(struct rule *rule)
{
	for (size_t i = 0; i < MATCHES; i++)
		free(rule->match[i]);
	cJSON_Delete(rule->scene);
	free(rule);
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static bool condition_ok(size_t i, const char *value)
{
	static const char *const services[] = {
		"web",	"connect", "platform", "platform_cn",
		"code", "code_ai", "auth",     NULL,
	};
	static const char *const routes[] = {
		"refresh",	"chat_create", "chat_delete",  "completion",
		"models",	"user",	       "messages",     "tokens",
		"usages",	"search",      "fetch",	       "files",
		"file",		"file_list",   "file_content", "file_delete",
		"device",	"token",       "chat",	       "delete",
		"delete_batch", "list",	       "upload",       "parse",
		"pre_sign",	"put",	       "stats",	       NULL,
	};

	if (i == MATCH_SERVICE)
		return is_one_of(value, services);
	return i != MATCH_ROUTE || is_one_of(value, routes);
}

static bool match_parse(struct rule *rule, const cJSON *match, struct text *why)
{
	const cJSON *value;

	cJSON_ArrayForEach(value, match) {
		size_t i = 0;

		while (i < MATCHES &&
		       strcmp(condition_names[i], value->string) != 0)
			i++;
		if (i == MATCHES || !cJSON_IsString(value) ||
		    !condition_ok(i, value->valuestring)) {
			text_printf(why, "wrong match member \"%s\"",
				    value->string);
			return false;
		}
		free(rule->match[i]);
		rule->match[i] = memory_copy(value->valuestring);
	}
	return true;
}

static bool rule_parse(struct rule *rule, const cJSON *json, struct text *why)
{
	const cJSON *times = cJSON_GetObjectItem(json, "times");
	const cJSON *scene = cJSON_GetObjectItem(json, "scene");
	struct scene tried;
	bool ok;

	if (!cJSON_IsObject(scene)) {
		text_put(why, "a rule needs a scene");
		return false;
	}
	if (!match_parse(rule, cJSON_GetObjectItem(json, "match"), why))
		return false;
	rule->times = cJSON_IsNumber(times) ? times->valueint : 1;
	rule->scene = cJSON_Duplicate(scene, 1);
	ok = scene_parse(&tried, cJSON_Duplicate(scene, 1), why);
	scene_fini(&tried);
	return ok;
}

static bool rule_add(struct fake *fake, const cJSON *json, struct text *why)
{
	struct rule *rule = memory_new(sizeof(*rule));
	struct rule **end = &fake->rules;

	if (!rule_parse(rule, json, why)) {
		rule_free(rule);
		return false;
	}
	pthread_mutex_lock(&fake->lock);
	while (*end)
		end = &(*end)->next;
	*end = rule;
	pthread_mutex_unlock(&fake->lock);
	return true;
}

bool rules_add(struct fake *fake, const cJSON *json, struct text *why)
{
	const cJSON *one;

	if (!cJSON_IsArray(json))
		return rule_add(fake, json, why);
	cJSON_ArrayForEach(one, json)
		if (!rule_add(fake, one, why))
			return false;
	return true;
}

static bool contains(const struct text *body, const char *needle)
{
	return body->length &&
	       memmem(body->at, body->length, needle, strlen(needle));
}

static bool rule_fits(const struct rule *rule, const struct exchange *ex)
{
	const char *const *match = (const char *const *)rule->match;

	if (rule->times == 0)
		return false;
	if (match[MATCH_SERVICE] &&
	    strcmp(match[MATCH_SERVICE], ex->route->service->name) != 0)
		return false;
	if (match[MATCH_ROUTE] &&
	    strcmp(match[MATCH_ROUTE], ex->route->name) != 0)
		return false;
	if (match[MATCH_TOKEN] &&
	    (!exchange_credential(ex) ||
	     !strstr(exchange_credential(ex), match[MATCH_TOKEN])))
		return false;
	return !match[MATCH_PROMPT] || contains(&ex->body, match[MATCH_PROMPT]);
}

/* Takes one use of the rule; a used-up rule leaves the list. */
static cJSON *rule_use(struct rule **link)
{
	struct rule *rule = *link;
	cJSON *scene;

	if (rule->times < 0 || --rule->times > 0)
		return cJSON_Duplicate(rule->scene, 1);
	scene = rule->scene;
	rule->scene = NULL;
	*link = rule->next;
	rule_free(rule);
	return scene;
}

void rules_match(struct exchange *ex, struct scene *scene)
{
	struct fake *fake = ex->fake;
	cJSON *found = NULL;
	struct text why = { 0 };

	scene_init(scene);
	pthread_mutex_lock(&fake->lock);
	for (struct rule **link = &fake->rules; *link; link = &(*link)->next) {
		if (!rule_fits(*link, ex))
			continue;
		found = rule_use(link);
		break;
	}
	pthread_mutex_unlock(&fake->lock);
	if (found)
		(void)scene_parse(scene, found, &why); /* tried when added */
	text_fini(&why);
}

void rules_clear(struct rule **rules)
{
	while (*rules) {
		struct rule *rule = *rules;

		*rules = rule->next;
		rule_free(rule);
	}
}
