/* SPDX-License-Identifier: MIT */
#ifndef APP_OFFER_H
#define APP_OFFER_H

#include "app/auth.h"
#include "upstream/model.h"

/*
 * What is asked for and whether it can be had: the model, a credential that
 * may serve it, and its service's features. What a service lacks is refused
 * with the field's name, not silently left out.
 */
bool offer_find(const struct caller *caller, const struct chat_request *request,
		struct arena *a, struct model *model, struct error *e);

#endif
