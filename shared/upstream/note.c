/* SPDX-License-Identifier: MIT */
/* Notes that services make about a credential. */
#include "upstream/note.h"

const char *note_find(const struct upstream_call *call, const char *name)
{
	const struct credential_notes *notes = call->notes;
	const char *value = notes == NULL ?
				    NULL :
				    notes->find(notes->ctx, name, call->arena);

	return value == NULL || *value == '\0' ? NULL : value;
}

void note_save(const struct upstream_call *call, const char *name,
	       const char *value)
{
	if (call->notes != NULL)
		call->notes->save(call->notes->ctx, name, value);
}

void note_clear(const struct upstream_call *call, const char *name)
{
	note_save(call, name, "");
}
