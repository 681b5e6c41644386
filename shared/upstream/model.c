/* SPDX-License-Identifier: MIT */
/* Models, as far as all services have them alike. */
#include "upstream/model.h"

#include <string.h>

#include "upstream/services.h"

/* Far beyond what services list. */
#define MAX_LISTED 500
#define LONGEST_NAME 128

bool model_list_takes(const struct model_list *list, const char *name)
{
	return name != NULL && *name != '\0' && strlen(name) <= LONGEST_NAME &&
	       list->n < MAX_LISTED;
}

static const struct model *find(const char *name, const struct model *models)
{
	while (models->name != NULL && strcmp(models->name, name) != 0)
		models++;
	return models->name == NULL ? NULL : models;
}

const struct model *model_known(const char *name,
				const struct upstream *upstream)
{
	const struct model *found = NULL;

	if (upstream != NULL)
		return find(name, upstream->models);
	for (size_t i = 0; found == NULL && services[i] != NULL; i++)
		found = find(name, services[i]->models);
	return found;
}
