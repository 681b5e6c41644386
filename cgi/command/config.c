/* SPDX-License-Identifier: MIT */
/* `config show`. */
#include "cgi/command/config.h"

#include <string.h>

#include "base/config_help.h"
#include "base/config_load.h"
#include "base/secret.h"
#include "cgi/command/setup.h"
#include "upstream/credential.h"

/* As the log and the database have it. */
static const char *label(struct arena *a, const char *setting,
			 const char *secret)
{
	struct credential credential;
	struct error e;

	return strcmp(setting, "KIMI_TOKENS") == 0 &&
			       credential_parse(&credential, a, secret, &e) ?
		       credential.label :
		       secret_label(a, secret);
}

static const char *labels(struct arena *a, const char *setting,
			  const char *value)
{
	const struct config_list list = config_list_parse(a, value, ',');
	const char **shown = arena_array(a, list.n + 1, sizeof(*shown));

	for (size_t i = 0; i < list.n; i++)
		shown[i] = label(a, setting, list.items[i]);
	return config_list_join(a, &(struct config_list){ shown, list.n },
				", ");
}

/* A header or a URL can have a secret in it. */
static const char *redacted(struct arena *a, const char *value)
{
	char *text = arena_copy(a, value);

	secret_redact(text);
	return text;
}

static const char *printable(struct arena *a, const struct config_help *setting,
			     const char *value)
{
	if (value == NULL)
		return NULL;
	return setting->secret ? labels(a, setting->name, value) :
				 redacted(a, value);
}

static void put_setting(struct output *o, const struct config_help *setting,
			const struct config_source *source)
{
	output_text(o, setting->name);
	output_text(o, printable(o->arena, setting, source->value));
	output_text(o, source->place);
}

enum command_exit config_show(struct command *c)
{
	static const struct output_column columns[] = {
		{ "setting", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "value", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "comes_from", OUTPUT_TEXT, OUTPUT_ALWAYS },
	};
	struct config_found found;
	struct config_trace trace;
	struct config config;
	struct config_help setting;

	setup_find(option_text(&c->options, "config"), &found, &c->arena);
	config_load_traced(&config, &c->arena,
			   found.refused ? NULL : found.path, &trace);
	if (found.refused || config.unread) {
		command_say("kimi-proxy: %s", found.refused ?
						      found.why_refused :
						      trace.faults[0]);
		return COMMAND_FAILED;
	}
	output_table(&c->output, NULL, columns, 3);
	for (size_t i = 0; config_help_find(i, &setting); i++)
		put_setting(&c->output, &setting, &trace.sources[i]);
	output_end(&c->output);
	command_say("Configuration file: %s",
		    found.path == NULL ? "none" : found.path);
	for (size_t i = 0; i < trace.n_faults; i++)
		command_say("Wrong: %s", trace.faults[i]);
	return trace.n_faults == 0 ? COMMAND_DONE : COMMAND_WRONG;
}
