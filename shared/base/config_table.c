/* SPDX-License-Identifier: MIT */
/* The table of settings, for the parser and for the documents. */
#include "base/config_table_internal.h"

#include <string.h>

#include "base/near_name.h"

#define MIB (1024.0 * 1024.0)

#define AT(member) offsetof(struct config, member)

const struct setting config_settings[] = {
	{ GROUP_CREDENTIALS, SETTING_SECRETS, "KIMI_TOKENS", AT(tokens), NULL,
	  0, 0, "Kimi credentials, comma-separated" },
	{ GROUP_CREDENTIALS, SETTING_TEXT, "KIMI_CODE_CLIENT_ID",
	  AT(code_client_id), NULL, 0, 0,
	  "OAuth client ID for signing in to Kimi Code and renewing its "
	  "tokens; API keys need none" },
	{ GROUP_CREDENTIALS, SETTING_HEADERS, "KIMI_CODE_HEADERS",
	  AT(code_headers), NULL, 0, 0,
	  "extra headers for Kimi Code: \"Name: value\", separated by |" },
	{ GROUP_KEYS, SETTING_SECRETS, "DEFAULT_AUTHKEYS", AT(auth_keys), NULL,
	  0, 0, "API keys that may use KIMI_TOKENS, comma-separated" },
	{ GROUP_KEYS, SETTING_BOOLEAN, "ALLOW_CUSTOM_TOKENS",
	  AT(allow_custom_tokens), "1", 0, 0,
	  "whether clients may send their own Kimi credentials as the API "
	  "key" },
	{ GROUP_KEYS, SETTING_LIST, "KIMI_CORS_ORIGINS", AT(cors_origins), "*",
	  0, 0, "web origins allowed by CORS, comma-separated; * for all" },
	{ GROUP_MODELS, SETTING_ALIASES, "KIMI_MODEL_ALIASES",
	  AT(model_aliases), NULL, 0, 0,
	  "aliases for models: gpt-*=kimi-k3,claude-*=kimi-k3" },
	{ GROUP_MODELS, SETTING_SECONDS, "KIMI_MODELS_TTL", AT(models_ttl_ms),
	  "3600", 0, 604800,
	  "seconds until the list of a service's models is refreshed" },
	{ GROUP_MODELS, SETTING_TEXT, "KIMI_VOCABULARY", AT(vocabulary), NULL,
	  0, 0, "Kimi's tiktoken.model file, to count tokens exactly" },
	{ GROUP_MODELS, SETTING_PROTOCOL, "KIMI_WEB_PROTOCOL", AT(web_protocol),
	  "auto", 0, 0, "protocol of Kimi web: auto, current or legacy" },
	{ GROUP_MODELS, SETTING_BOOLEAN, "KIMI_WEB_TOOLS", AT(web_tools), "1",
	  0, 0, "whether to emulate tools on Kimi web, which has none" },
	{ GROUP_STORAGE, SETTING_TEXT, "KIMI_DB", AT(db_path), NULL, 0, 0,
	  "database file (default: kimi.db next to the configuration file)" },
	{ GROUP_STORAGE, SETTING_COUNT, "KIMI_FILE_SPACE", AT(file_space),
	  "10737418240", 0, 1e6 * MIB,
	  "total size of all uploaded files, in bytes" },
	{ GROUP_STORAGE, SETTING_COUNT, "KIMI_KEEP_DAYS", AT(keep_days), "0", 0,
	  36500,
	  "days until conversations, replies, files and error texts are deleted, "
	  "while usage stays; 0: never" },
	{ GROUP_STORAGE, SETTING_COUNT, "KIMI_KEY_SPACE", AT(key_space),
	  "4294967296", 0, 1e6 * MIB,
	  "files, conversations and stored responses that one API key may "
	  "keep, in bytes" },
	{ GROUP_STORAGE, SETTING_COUNT, "KIMI_MAX_DB", AT(max_db), "0", 0,
	  1e6 * MIB,
	  "size that the database may reach, in bytes, before the oldest "
	  "conversations, replies and files are deleted; 0: no limit" },
	{ GROUP_STORAGE, SETTING_COUNT, "KIMI_MAX_FILE", AT(max_file),
	  "104857600", 1024, 1024 * MIB,
	  "largest file that can be uploaded, in bytes" },
	{ GROUP_STORAGE, SETTING_COUNT, "KIMI_STRANGER_SPACE",
	  AT(stranger_space), "134217728", 0, 1e6 * MIB,
	  "files, conversations and stored responses that a client with Kimi "
	  "credentials of its own may keep, in bytes; all of those together: "
	  "16 times that" },
	{ GROUP_LIMITS, SETTING_COUNT, "KIMI_MAX_BODY", AT(max_body),
	  "33554432", 1024, 256 * MIB, "largest request body, in bytes" },
	{ GROUP_LIMITS, SETTING_COUNT, "KIMI_MEMORY", AT(memory), NULL,
	  1024 * 1024, 1e6 * MIB,
	  "memory that large requests and replies of one process share, in bytes "
	  "(default: 256 MiB, or a quarter of what the machine or container "
	  "has)" },
	{ GROUP_LIMITS, SETTING_COUNT, "KIMI_WORKERS", AT(workers), "2048", 1,
	  100000,
	  "requests that one process serves at once; others get a "
	  "503" },
	{ GROUP_LIMITS, SETTING_COUNT, "KIMI_WEB_STREAMS", AT(web_slots), "1",
	  0, 10000,
	  "concurrent requests per Kimi web credential; 0: no "
	  "limit" },
	{ GROUP_LIMITS, SETTING_COUNT, "KIMI_CODE_STREAMS", AT(code_slots),
	  "30", 0, 10000,
	  "concurrent requests per Kimi Code credential, or fewer once Kimi "
	  "says that its account may run fewer; 0: no limit" },
	{ GROUP_LIMITS, SETTING_COUNT, "KIMI_PLATFORM_STREAMS",
	  AT(platform_slots), "0", 0, 10000,
	  "concurrent requests per Open Platform key; 0: no limit" },
	{ GROUP_LIMITS, SETTING_COUNT, "KIMI_STRANGER_REQUESTS",
	  AT(stranger_requests), "60", 0, 1e6,
	  "requests per minute of a client with Kimi credentials of its own; 0: "
	  "no limit" },
	{ GROUP_LIMITS, SETTING_COUNT, "KIMI_STRANGER_TOKENS",
	  AT(stranger_tokens), "20000000", 0, 1e12,
	  "tokens per day of such a client; 0: no limit" },
	{ GROUP_LIMITS, SETTING_TEXT, "KIMI_TIMEZONE", AT(time_zone), NULL, 0,
	  0,
	  "time zone in which days, weeks and months begin, for budgets and "
	  "usage, such as Europe/Berlin (default: the system's)" },
	{ GROUP_LIMITS, SETTING_SECONDS, "KIMI_QUEUE", AT(queue_ms), "30", 0,
	  3600,
	  "seconds to wait for a busy credential, or for the previous turn "
	  "of the conversation" },
	{ GROUP_LIMITS, SETTING_COUNT, "KIMI_CONVERSATION_ITEMS",
	  AT(conversation_items), "10000", 1, 1e6,
	  "items or messages allowed in one conversation" },
	{ GROUP_LIMITS, SETTING_SECONDS, "KIMI_RESUME", AT(resume_ms), "10", 0,
	  3600,
	  "seconds a stored Responses stream continues after its client "
	  "disconnects; 0: none" },
	{ GROUP_LIMITS, SETTING_SECONDS, "KIMI_DRAIN", AT(drain_ms), NULL, 0,
	  86400,
	  "seconds for running streams to finish after SIGTERM (default: 600; "
	  "5 if the socket is standard input)" },
	{ GROUP_NETWORK, SETTING_URLS, "KIMI_WEB_URL", AT(web_urls),
	  CONFIG_DEFAULT_WEB, 0, 0, "base URLs of Kimi web" },
	{ GROUP_NETWORK, SETTING_URLS, "KIMI_AUTH_URL", AT(auth_urls), NULL, 0,
	  0,
	  "base URLs that renew web tokens, in the order of KIMI_WEB_URL "
	  "(default: auth.kimi.com and auth.kimi.ai, or KIMI_WEB_URL if that "
	  "is set)" },
	{ GROUP_NETWORK, SETTING_URLS, "MOONSHOT_URL", AT(platform_urls),
	  "https://api.moonshot.ai/v1,https://api.moonshot.cn/v1", 0, 0,
	  "base URLs of the Moonshot Open Platform" },
	{ GROUP_NETWORK, SETTING_URLS, "KIMI_CODE_URL", AT(code_urls),
	  "https://api.kimi.com/coding/v1,https://api.kimi.ai/coding/v1", 0, 0,
	  "base URLs of Kimi Code" },
	{ GROUP_NETWORK, SETTING_TEXT, "KIMI_CA_PATH", AT(ca_path), NULL, 0, 0,
	  "CA certificates: a hashed directory, or a file of them, which is slower "
	  "(default: the system's)" },
	{ GROUP_NETWORK, SETTING_BOOLEAN, "KIMI_FETCH", AT(fetch), "0", 0, 0,
	  "whether to fetch images from https URLs that clients send" },
	{ GROUP_NETWORK, SETTING_SECONDS, "KIMI_KEEPALIVE", AT(keepalive_ms),
	  "10", 0.05, 3600,
	  "seconds of silence before a comment line keeps a stream open" },
	{ GROUP_NETWORK, SETTING_TEXT, "KIMI_PREFIX", AT(prefix), NULL, 0, 0,
	  "public path before /v1 and /c, if it contains a v1 or c itself" },
	{ GROUP_NETWORK, SETTING_SECONDS, "KIMI_READ_TIMEOUT",
	  AT(read_timeout_ms), "600", 0.1, 86400,
	  "seconds that Kimi may be silent before or during a reply" },
	{ GROUP_LOG, SETTING_TEXT, "KIMI_LOG", AT(log_path), NULL, 0, 0,
	  "log file (default: standard error)" },
	{ GROUP_LOG, SETTING_LOG_FORMAT, "KIMI_LOG_FORMAT", AT(log_format),
	  "text", 0, 0, "lines of the log: text, or json, an object each" },
	{ GROUP_LOG, SETTING_BOOLEAN, "DEBUG", AT(debug), "0", 0, 0,
	  "whether to log each step of each request" },
	{ 0 },
};

#undef AT

const struct setting_retired config_retired[] = {
	{ "KIMI_ADD_ITEMS", "One request can add at most 20 items." },
	{ "KIMI_CONNECT_TIMEOUT", "Connecting may take 10 seconds." },
	{ "KIMI_CONVERSATION_WAIT", "KIMI_QUEUE also sets this time." },
	{ "KIMI_FIRST_BYTE_TIMEOUT", "KIMI_READ_TIMEOUT also sets this time." },
	{ 0 },
};

/* By the name of the setting. */
static const char *const examples[][2] = {
	{ "KIMI_TOKENS", "sk-kimi-...,sk-..." },
	{ "DEFAULT_AUTHKEYS", "a-long-random-key" },
};

const char *config_setting_example(const char *name)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		if (strcmp(examples[i][0], name) == 0)
			return examples[i][1];
	return NULL;
}

const struct setting *config_setting_find(const char *name)
{
	for (const struct setting *s = config_settings; s->name != NULL; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

const struct setting_retired *config_retired_find(const char *name)
{
	for (const struct setting_retired *r = config_retired; r->name != NULL;
	     r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

const char *config_setting_near(const char *name)
{
	size_t n = strlen(name);
	/* That most names begin alike makes them no nearer. */
	size_t own = strncasecmp(name, "KIMI_", 5) == 0 ? n - 5 : n;
	size_t far = 2 + own / 4;
	struct near_name near = { .name = name, .least = n < far ? n : far };

	if (n < 2)
		return NULL;
	for (const struct setting *s = config_settings; s->name != NULL; s++)
		near_name_try(&near, s->name);
	return near.nearest;
}
