/* SPDX-License-Identifier: MIT */
#ifndef APP_OFFER_H
#define APP_OFFER_H

#include "app/auth.h"
#include "upstream/model.h"

/* What is asked for and whether it can be had: the model, and a credential
 * that may serve it. */
bool offer_find(const struct caller *caller, const struct chat_request *request,
		struct arena *a, struct model *model, struct error *e);

/*
 * Whether the model's service can do what the request wants, messages of
 * earlier turns included. What it lacks is refused with the field's name, not
 * silently left out.
 */
bool offer_check(const struct chat_request *request, const struct model *model,
		 struct error *e);

#endif
