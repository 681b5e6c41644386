/* SPDX-License-Identifier: MIT */
/* The settings as people see them: --help and the manual. */
#include "base/config_help.h"

#include <stdio.h>
#include <string.h>

#include "base/config_table_internal.h"

static const char *const groups[] = {
	[GROUP_CREDENTIALS] = "Credentials",
	[GROUP_KEYS] = "Keys",
	[GROUP_MODELS] = "Models",
	[GROUP_STORAGE] = "Storage",
	[GROUP_LIMITS] = "Limits",
	[GROUP_NETWORK] = "Network",
	[GROUP_LOG] = "Log",
};

bool config_help_find(size_t index, struct config_help *d)
{
	const struct setting *s = &config_settings[index];

	*d = (struct config_help){
		groups[s->group], s->name, s->help,
		s->fallback,	  NULL,	   s->kind == SETTING_SECRETS
	};
	if (s->name == NULL)
		return false;
	d->example = config_setting_example(s->name);
	return true;
}

bool config_help_retired(size_t index, const char **name, const char **instead)
{
	*name = config_retired[index].name;
	*instead = config_retired[index].instead;
	return *name != NULL;
}

void config_help_print(int fd)
{
	struct config_help d;
	const char *group = "";

	for (size_t i = 0; config_help_find(i, &d); i++) {
		if (strcmp(group, d.group) != 0)
			dprintf(fd, "\n%s\n", d.group);
		group = d.group;
		dprintf(fd, "  %-23s %s", d.name, d.help);
		if (d.fallback != NULL)
			dprintf(fd, " [%s]", d.fallback);
		dprintf(fd, "\n");
	}
}
