/* SPDX-License-Identifier: MIT */
/* The state that all services share: set up, reset, freed. */
#include "fake.h"
#include "gate.h"
#include "scene.h"

static const struct settings settings_default = {
	.lifetime = 900,
	.record = true,
};

void fake_init(struct fake *fake)
{
	*fake = (struct fake){ .settings = settings_default };
	pthread_mutex_init(&fake->lock, NULL);
}

void fake_reset(struct fake *fake)
{
	pthread_mutex_lock(&fake->lock);
	fake->settings = settings_default;
	cJSON_Delete(fake->code_allow);
	fake->code_allow = NULL;
	rules_clear(&fake->rules);
	gates_clear(&fake->gates);
	record_clear(&fake->record);
	web_chats_clear(&fake->chats);
	connect_chats_clear(&fake->connect_chats);
	files_clear(&fake->web_files);
	cJSON_Delete(fake->models);
	fake->models = NULL;
	web_tokens_clear(&fake->tokens);
	platform_files_clear(&fake->platform_files);
	code_oauth_clear(&fake->oauth);
	pthread_mutex_unlock(&fake->lock);
}

void fake_fini(struct fake *fake)
{
	fake_reset(fake);
	pthread_mutex_destroy(&fake->lock);
}
