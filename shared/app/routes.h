/* SPDX-License-Identifier: MIT */
#ifndef APP_ROUTES_H
#define APP_ROUTES_H

#include "app/router.h"

/* Every endpoint, in the order in which paths are matched. */
extern const struct route routes[];

/*
 * Their handlers, by the file of app/serve that has them. Each checks the API
 * key where one is needed and answers the exchange, with an error if necessary.
 */

/* chat.c */
void serve_chat(struct exchange *x);
void serve_chat_conversation(struct exchange *x);

/* stored_completions.c */
void serve_stored_completions(struct exchange *x);
void serve_stored_completion(struct exchange *x);
void serve_stored_completion_messages(struct exchange *x);
void serve_stored_completion_update(struct exchange *x);
void serve_stored_completion_delete(struct exchange *x);

/* conversations.c */
void serve_conversation_create(struct exchange *x);
void serve_conversation(struct exchange *x);
void serve_conversation_update(struct exchange *x);
void serve_conversation_delete(struct exchange *x);

/* conversation_items.c */
void serve_conversation_items(struct exchange *x);
void serve_conversation_items_add(struct exchange *x);
void serve_conversation_item(struct exchange *x);
void serve_conversation_item_delete(struct exchange *x);

/* responses.c */
void serve_responses(struct exchange *x);
void serve_responses_input_tokens(struct exchange *x);

/* stored_responses.c */
void serve_stored_response(struct exchange *x);
void serve_stored_response_input_items(struct exchange *x);
void serve_stored_response_cancel(struct exchange *x);
void serve_stored_response_delete(struct exchange *x);

/* messages.c */
void serve_messages(struct exchange *x);
void serve_messages_count_tokens(struct exchange *x);

/* models.c */
void serve_models(struct exchange *x);
void serve_model(struct exchange *x);

/* files.c */
void serve_files(struct exchange *x);
void serve_file(struct exchange *x);
void serve_file_content(struct exchange *x);
void serve_file_delete(struct exchange *x);

/* file_upload.c */
void serve_file_upload(struct exchange *x);

/* token_estimate.c */
void serve_token_estimate(struct exchange *x);

/* usages.c */
void serve_usages(struct exchange *x);

/* app/usage/organization.c */
void serve_organization_completions(struct exchange *x);
void serve_organization_searches(struct exchange *x);
void serve_organization_costs(struct exchange *x);

/* app/usage/organization_keys.c */
void serve_organization_admin_keys(struct exchange *x);
void serve_organization_admin_key(struct exchange *x);
void serve_organization_projects(struct exchange *x);
void serve_organization_project(struct exchange *x);
void serve_organization_project_keys(struct exchange *x);
void serve_organization_project_key(struct exchange *x);

/* app/usage/own_usage.c, balance.c, key_info.c, billing.c */
void serve_own_usage(struct exchange *x);
void serve_balance(struct exchange *x);
void serve_key_info(struct exchange *x);
void serve_user_info(struct exchange *x);
void serve_billing_subscription(struct exchange *x);
void serve_billing_usage(struct exchange *x);

/* app/usage/metrics.c */
void serve_metrics(struct exchange *x);

/* websocket.c */
void serve_websocket(struct exchange *x);

/* health.c */
void serve_health(struct exchange *x);
void serve_hello(struct exchange *x);

/* index.c */
void serve_index(struct exchange *x);

#endif
