/* SPDX-License-Identifier: MIT */
/* The table that help, completion and manual are made from, too. */
#include "cgi/command/table.h"

#include <stddef.h>

#include "cgi/command/config.h"
#include "cgi/command/config_check.h"
#include "cgi/command/conversation.h"
#include "cgi/command/conversation_export.h"
#include "cgi/command/db.h"
#include "cgi/command/credential.h"
#include "cgi/command/credential_login.h"
#include "cgi/command/help.h"
#include "cgi/command/key.h"
#include "cgi/command/key_list.h"
#include "cgi/command/key_options.h"
#include "cgi/command/price.h"
#include "cgi/command/request.h"
#include "cgi/command/requests.h"
#include "cgi/command/status.h"
#include "cgi/command/usage.h"
#include "cgi/command/version.h"

/* clang-format off */
const struct command_row command_rows[] = {
	{ "config", "show", NULL, NULL, NEEDS_NOTHING, HAS_JSON | HAS_CSV,
	  config_show, "print every setting, and where it comes from" },
	{ "config", "check", NULL, NULL, NEEDS_NOTHING, HAS_JSON | HAS_CSV,
	  config_check, "look whether the server can work with its settings" },
	{ "key", "add", "NAME", key_add_options, MAKES_DATABASE, 0, key_add,
	  "make an API key, and print its secret" },
	{ "key", "list", NULL, key_list_options, NEEDS_DATABASE,
	  HAS_JSON | HAS_CSV, key_list, "list the API keys" },
	{ "key", "show", "KEY", NULL, NEEDS_DATABASE, HAS_JSON, key_show,
	  "print everything about an API key" },
	{ "key", "set", "KEY", key_set_options, NEEDS_DATABASE, 0, key_set,
	  "change what an API key may do; none removes a limit" },
	{ "key", "rotate", "KEY", key_rotate_options, NEEDS_DATABASE, 0,
	  key_rotate, "replace the secret of an API key, and print the new one" },
	{ "key", "block", "KEY", NULL, NEEDS_DATABASE, 0, key_block,
	  "refuse an API key until it is unblocked" },
	{ "key", "unblock", "KEY", NULL, NEEDS_DATABASE, 0, key_unblock,
	  "let a blocked API key work again" },
	{ "key", "revoke", "KEY", NULL, NEEDS_DATABASE, HAS_YES, key_revoke,
	  "refuse an API key for good" },
	{ "key", "delete", "KEY", key_delete_options, NEEDS_DATABASE, HAS_YES,
	  key_delete, "forget an API key; its usage stays" },
	{ "conversation", "list", NULL, conversation_list_options,
	  NEEDS_DATABASE, HAS_JSON | HAS_CSV, conversation_list,
	  "list conversations, those used last first" },
	{ "conversation", "show", "CONVERSATION", conversation_key_option,
	  NEEDS_DATABASE, HAS_JSON, conversation_show,
	  "print what was said in a conversation" },
	{ "conversation", "search", "TEXT", conversation_search_options,
	  NEEDS_DATABASE, HAS_JSON | HAS_CSV, conversation_search,
	  "find a text in what was said, ignoring case, the newest first" },
	{ "conversation", "export", "[CONVERSATION]", conversation_export_options,
	  NEEDS_DATABASE, 0, conversation_export,
	  "print conversations as JSON, JSON Lines or Markdown" },
	{ "conversation", "delete", "CONVERSATION", conversation_key_option,
	  NEEDS_DATABASE, HAS_YES, conversation_delete,
	  "delete a conversation and all that was said in it" },
	{ "db", "backup", "FILE", NULL, NEEDS_DATABASE, HAS_JSON, db_backup,
	  "write a copy of the database while it is in use" },
	{ "db", "verify", NULL, NULL, NEEDS_DATABASE, HAS_JSON | HAS_CSV,
	  db_verify, "check the whole database" },
	{ "db", "prune", NULL, db_prune_options, NEEDS_DATABASE,
	  HAS_JSON | HAS_YES, db_prune,
	  "delete now what the settings do not keep" },
	{ "db", "vacuum", NULL, NULL, NEEDS_DATABASE, HAS_JSON | HAS_YES,
	  db_vacuum, "write the database anew, as small as it can be" },
	{ "db", "upgrade", NULL, NULL, NEEDS_SETTINGS, HAS_JSON, db_upgrade,
	  "bring the database to this version, keeping a copy" },
	{ "credential", "add", "platform|code|web", credential_add_options,
	  MAKES_DATABASE, 0, credential_add_run,
	  "store a credential, which requests use from then on" },
	{ "credential", "login", "kimi-code", credential_login_options,
	  MAKES_DATABASE, 0, credential_login_run,
	  "sign in to Kimi Code in a browser, and store its tokens" },
	{ "credential", "list", NULL, credential_list_options, NEEDS_DATABASE,
	  HAS_JSON, credential_list_run,
	  "print all credentials, and what is left of their accounts" },
	{ "credential", "check", "[CREDENTIAL...]", credential_check_options,
	  MAKES_DATABASE, HAS_JSON, credential_check_run,
	  "ask Kimi about them, and say what to do" },
	{ "credential", "pause", "CREDENTIAL", NULL, NEEDS_DATABASE, 0,
	  credential_pause_run, "send it no requests for now" },
	{ "credential", "resume", "CREDENTIAL", NULL, NEEDS_DATABASE, 0,
	  credential_resume_run, "send it requests again, and end its cooldown" },
	{ "credential", "remove", "CREDENTIAL", NULL, NEEDS_DATABASE, HAS_YES,
	  credential_remove_run,
	  "delete it and its tokens from the database" },
	{ "requests", NULL, NULL, requests_options, NEEDS_DATABASE,
	  HAS_JSON | HAS_CSV, requests_run, "list the newest requests" },
	{ "request", "show", "ID", NULL, NEEDS_DATABASE, HAS_JSON, request_show,
	  "print everything about a request, with its attempts" },
	{ "status", NULL, NULL, NULL, NEEDS_DATABASE, HAS_JSON, status_run,
	  "print how the server is: database, keys, credentials, errors" },
	{ "price", "list", NULL, price_list_options, NEEDS_DATABASE,
	  HAS_JSON | HAS_CSV, price_list, "print what models cost" },
	{ "price", "set", "MODEL", price_set_options, MAKES_DATABASE, 0,
	  price_set, "set a price; what is not given stays as it was" },
	{ "price", "import", "FILE", price_import_options, MAKES_DATABASE, 0,
	  price_import_file,
	  "take Moonshot's prices from a file of LiteLLM or models.dev" },
	{ "price", "check", NULL, NULL, NEEDS_DATABASE, HAS_JSON | HAS_CSV,
	  price_check, "look whether models of the last 30 days have prices" },
	{ "usage", NULL, NULL, usage_options, NEEDS_DATABASE, HAS_JSON | HAS_CSV,
	  usage_run, "print what was used, and what it cost" },
	{ "help", NULL, "[NOUN] [VERB]", NULL, NEEDS_NOTHING, 0, help_run,
	  "say what a command does" },
	{ "version", NULL, NULL, NULL, NEEDS_NOTHING, HAS_JSON, version_run,
	  "say which version this is" },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL, NULL },
};
