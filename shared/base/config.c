/* SPDX-License-Identifier: MIT */
/* Settings: one table drives the file, the environment and the help. */
#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1024.0 * 1024.0)
#define FILE_LIMIT (64 * 1024)
#define DEFAULT_WEB "https://www.kimi.com,https://www.kimi.ai"
#define DEFAULT_AUTH "https://auth.kimi.com,https://auth.kimi.ai"

enum kind { TEXT, BOOLEAN, COUNT, SECONDS, URLS, PROTOCOL };

static const struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *fallback; /* NULL: absent */
	double min, max;
	const char *help;
} settings[] = {
#define AT(member) offsetof(struct config, member)
	{ "KIMI_TOKENS", TEXT, AT(tokens), NULL, 0, 0,
	  "Kimi credentials, comma-separated" },
	{ "DEFAULT_AUTHKEYS", TEXT, AT(auth_keys), NULL, 0, 0,
	  "API keys that may use KIMI_TOKENS, comma-separated" },
	{ "ALLOW_CUSTOM_TOKENS", BOOLEAN, AT(allow_custom_tokens), "1", 0, 0,
	  "whether a client may bring Kimi credentials of its own" },
	{ "KIMI_DB", TEXT, AT(db_path), NULL, 0, 0,
	  "database file (default: kimi.db beside the configuration file)" },
	{ "KIMI_LOG", TEXT, AT(log_path), NULL, 0, 0,
	  "log file (default: standard error)" },
	{ "DEBUG", BOOLEAN, AT(debug), "0", 0, 0,
	  "log each step of each request" },
	{ "KIMI_WEB_URL", URLS, AT(web_urls), DEFAULT_WEB, 0, 0,
	  "base URLs of Kimi web; the one that knows the token is used" },
	{ "KIMI_AUTH_URL", URLS, AT(auth_urls), NULL, 0, 0,
	  "base URLs that renew its tokens, in the same order" },
	{ "KIMI_WEB_PROTOCOL", PROTOCOL, AT(web_protocol), "auto", 0, 0,
	  "how to speak to Kimi web: auto, current or legacy" },
	{ "KIMI_WEB_TOOLS", BOOLEAN, AT(web_tools), "1", 0, 0,
	  "whether tools are emulated on Kimi web, which has none" },
	{ "MOONSHOT_URL", URLS, AT(platform_urls),
	  "https://api.moonshot.ai/v1,https://api.moonshot.cn/v1", 0, 0,
	  "base URLs of the Moonshot Open Platform" },
	{ "KIMI_CODE_URL", URLS, AT(code_urls),
	  "https://api.kimi.com/coding/v1,https://api.kimi.ai/coding/v1", 0, 0,
	  "base URLs of Kimi Code" },
	{ "KIMI_CODE_HEADERS", TEXT, AT(code_headers), NULL, 0, 0,
	  "headers for Kimi Code: \"Name: value\", separated by |" },
	{ "KIMI_CODE_CLIENT_ID", TEXT, AT(code_client_id), NULL, 0, 0,
	  "OAuth client that renews Kimi Code tokens (keys need none)" },
	{ "KIMI_MODEL_ALIASES", TEXT, AT(model_aliases), NULL, 0, 0,
	  "models under other names: gpt-*=kimi-k3,claude-*=kimi-k3" },
	{ "KIMI_MODELS_TTL", SECONDS, AT(models_ttl_ms), "3600", 0, 604800,
	  "seconds for which a service's list of models is believed" },
	{ "KIMI_WEB_STREAMS", COUNT, AT(web_slots), "1", 0, 10000,
	  "requests at once per Kimi web credential; 0: no limit" },
	{ "KIMI_CODE_STREAMS", COUNT, AT(code_slots), "30", 0, 10000,
	  "requests at once per Kimi Code credential; 0: no limit" },
	{ "KIMI_PLATFORM_STREAMS", COUNT, AT(platform_slots), "0", 0, 10000,
	  "requests at once per Open Platform key; 0: no limit" },
	{ "KIMI_QUEUE", SECONDS, AT(queue_ms), "30", 0, 3600,
	  "seconds a request waits for a credential that is in use" },
	{ "KIMI_RESUME", SECONDS, AT(resume_ms), "10", 0, 3600,
	  "seconds a stored Responses stream goes on without its client" },
	{ "KIMI_FETCH", BOOLEAN, AT(fetch), "0", 0, 0,
	  "whether images at https URLs that a client names are fetched" },
	{ "KIMI_VOCABULARY", TEXT, AT(vocabulary), NULL, 0, 0,
	  "Kimi's tiktoken.model, to count tokens where Kimi does not" },
	{ "KIMI_CORS_ORIGINS", TEXT, AT(cors_origins), "*", 0, 0,
	  "web origins that may call, comma-separated, or *" },
	{ "KIMI_PREFIX", TEXT, AT(prefix), NULL, 0, 0,
	  "public path in front of /v1 and /c, where it cannot be seen" },
	{ "KIMI_KEEPALIVE", SECONDS, AT(keepalive_ms), "10", 0.05, 3600,
	  "seconds of silence before a comment line keeps a stream open" },
	{ "KIMI_MAX_BODY", COUNT, AT(max_body), "33554432", 1024, 256 * MIB,
	  "largest request body, bytes" },
	{ "KIMI_MAX_FILE", COUNT, AT(max_file), "104857600", 1024, 1024 * MIB,
	  "largest file that can be uploaded, bytes" },
	{ "KIMI_FILE_SPACE", COUNT, AT(file_space), "10737418240", 0, 1e6 * MIB,
	  "what all uploaded files may take together, bytes" },
	{ "KIMI_ADD_ITEMS", COUNT, AT(add_items), "20", 1, 10000,
	  "items that one call may add to a conversation" },
	{ "KIMI_CONVERSATION_ITEMS", COUNT, AT(conversation_items), "10000", 1,
	  1e6, "items or messages that a conversation may hold" },
	{ "KIMI_WORKERS", COUNT, AT(workers), "2048", 1, 100000,
	  "requests served at once by one process" },
	{ "KIMI_DRAIN", SECONDS, AT(drain_ms), NULL, 0, 86400,
	  "seconds that running streams may go on after SIGTERM" },
	{ "KIMI_CONVERSATION_WAIT", SECONDS, AT(conversation_wait_ms), "30", 0,
	  600, "seconds a turn waits for the one before it" },
	{ "KIMI_CONNECT_TIMEOUT", SECONDS, AT(connect_timeout_ms), "10", 0.1,
	  600, "seconds to reach Kimi" },
	{ "KIMI_FIRST_BYTE_TIMEOUT", SECONDS, AT(first_byte_timeout_ms), "600",
	  0.1, 86400, "seconds until Kimi's answer begins" },
	{ "KIMI_READ_TIMEOUT", SECONDS, AT(read_timeout_ms), "600", 0.1, 86400,
	  "seconds Kimi may be silent within an answer" },
	{ "KIMI_CA_PATH", TEXT, AT(ca_path), NULL, 0, 0,
	  "directory of hashed CA certificates (default: the system's)" },
#undef AT
};

#define SETTINGS (sizeof(settings) / sizeof(*settings))

static bool host_is_loopback(const char *host, size_t n)
{
	if (n == 9 && strncasecmp(host, "localhost", n) == 0)
		return true;
	if (n == 5 && strncmp(host, "[::1]", n) == 0)
		return true;
	if (n < 9 || n > 15 || strncmp(host, "127.", 4) != 0)
		return false;
	return strspn(host, "0123456789.") >= n;
}

bool config_url_allowed(const char *url)
{
	const char *host = strstr(url, "://");
	size_t n;

	if (host == NULL || strpbrk(url, "@?# \t\"<>\\") != NULL)
		return false;
	host += 3;
	n = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	if (n == 0 || n > strlen(host) || strchr(":/", host[n]) == NULL)
		return false;
	if (strncmp(url, "https://", 8) == 0)
		return true;
	return strncmp(url, "http://", 7) == 0 && host_is_loopback(host, n);
}

static bool read_boolean(const char *value, bool *out)
{
	static const char *const words[][2] = {
		{ "0", "1" },
		{ "false", "true" },
		{ "no", "yes" },
		{ "off", "on" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (int on = 0; on < 2; on++)
			if (strcasecmp(value, words[i][on]) == 0) {
				*out = on == 1;
				return true;
			}
	return false;
}

static bool read_number(const struct setting *s, const char *value,
			int64_t *out, struct error *e)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end != '\0' || !(v >= s->min && v <= s->max))
		return error_field(e, ERROR_SETUP, s->name,
				   "%s must be a number from %g to %g.",
				   s->name, s->min, s->max);
	*out = (int64_t)llround(s->kind == SECONDS ? v * 1000 : v);
	return true;
}

struct url_reader {
	struct arena *arena;
	const char *list; /* read so far */
	bool bad;
};

static void read_one_url(void *ctx, const char *url)
{
	struct url_reader *r = ctx;
	size_t n = strlen(url);

	r->bad = r->bad || !config_url_allowed(url);
	while (n > 0 && url[n - 1] == '/')
		n--;
	r->list = arena_printf(r->arena, "%s%s%.*s", r->list,
			       *r->list == '\0' ? "" : ",", (int)n, url);
}

static bool read_urls(const struct setting *s, struct arena *a,
		      const char *value, const char **out, struct error *e)
{
	struct url_reader r = { .arena = a, .list = "" };

	config_list(value, a, read_one_url, &r);
	if (r.bad || *r.list == '\0')
		return error_field(e, ERROR_SETUP, s->name,
				   "%s must be https:// URLs (http:// only "
				   "to loopback).",
				   s->name);
	*out = r.list;
	return true;
}

static bool read_protocol(const struct setting *s, const char *value,
			  enum config_protocol *out, struct error *e)
{
	static const char *const names[] = {
		[CONFIG_PROTOCOL_AUTO] = "auto",
		[CONFIG_PROTOCOL_CURRENT] = "current",
		[CONFIG_PROTOCOL_LEGACY] = "legacy",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(value, names[i]) == 0) {
			*out = (enum config_protocol)i;
			return true;
		}
	return error_field(e, ERROR_SETUP, s->name,
			   "%s must be auto, current or legacy.", s->name);
}

/* An empty value is an absent one, as in `KIMI_TOKENS= make run`. */
static bool apply(struct config *c, struct arena *a, const struct setting *s,
		  const char *value, struct error *e)
{
	void *member = (char *)c + s->offset;

	if (value == NULL || *value == '\0')
		return true;
	switch (s->kind) {
	case TEXT:
		*(const char **)member = arena_copy(a, value);
		return true;
	case URLS:
		return read_urls(s, a, value, member, e);
	case PROTOCOL:
		return read_protocol(s, value, member, e);
	case BOOLEAN:
		if (read_boolean(value, member))
			return true;
		return error_field(e, ERROR_SETUP, s->name,
				   "%s must be true or false.", s->name);
	case COUNT:
	case SECONDS:
		return read_number(s, value, member, e);
	}
	return false;
}

static char *trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	for (n = strlen(s); n > 0 && isspace((unsigned char)s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

static const char *unquote(char *s)
{
	size_t n = strlen(s);

	if (n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s) {
		s[n - 1] = '\0';
		return s + 1;
	}
	return s;
}

static bool apply_line(struct config *c, struct arena *a, char *line,
		       int number, struct error *e)
{
	char *name = trim(line), *equals = strchr(name, '=');
	const char *value;

	if (*name == '\0' || *name == '#')
		return true;
	if (equals == NULL)
		return error_set(
			e, ERROR_SETUP,
			"Line %d of the configuration file has no '='.",
			number);
	*equals = '\0';
	name = trim(name);
	value = unquote(trim(equals + 1));
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].name, name) == 0)
			return apply(c, a, &settings[i], value, e);
	return error_set(e, ERROR_SETUP,
			 "Line %d of the configuration file has an unknown "
			 "setting '%.40s'.",
			 number, name);
}

static bool apply_file(struct config *c, struct arena *a, const char *path,
		       struct error *e)
{
	char *text = arena_alloc(a, FILE_LIMIT + 1), *line = text;
	FILE *file = fopen(path, "re");
	size_t n;

	if (file == NULL)
		return error_set(e, ERROR_SETUP,
				 "The configuration file cannot be read: %s.",
				 strerror(errno));
	n = fread(text, 1, FILE_LIMIT, file);
	fclose(file);
	text[n] = '\0';
	for (int number = 1; line != NULL; number++) {
		char *next = strchr(line, '\n');

		if (next != NULL)
			*next++ = '\0';
		if (!apply_line(c, a, line, number, e))
			return false;
		line = next;
	}
	return true;
}

bool config_load(struct config *c, struct arena *a, const char *path,
		 struct error *e)
{
	*c = (struct config){ .drain_ms = -1 };
	for (size_t i = 0; i < SETTINGS; i++)
		if (!apply(c, a, &settings[i], settings[i].fallback, e))
			return false;
	if (path != NULL && !apply_file(c, a, path, e))
		return false;
	for (size_t i = 0; i < SETTINGS; i++)
		if (!apply(c, a, &settings[i], getenv(settings[i].name), e))
			return false;
	/* Who sends Kimi web elsewhere means its tokens, too. */
	if (c->auth_urls == NULL)
		c->auth_urls = strcmp(c->web_urls, DEFAULT_WEB) == 0 ?
				       DEFAULT_AUTH :
				       c->web_urls;
	return true;
}

void config_list(const char *list, struct arena *a,
		 void (*each)(void *ctx, const char *entry), void *ctx)
{
	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ",");
		char *entry = trim(arena_copy_n(a, list, n));

		if (*entry != '\0')
			each(ctx, entry);
		list += n + (list[n] == ',');
	}
}

struct list_search {
	size_t index;
	const char *found;
};

static void match_entry(void *ctx, const char *entry)
{
	struct list_search *l = ctx;

	if (l->index-- == 0)
		l->found = entry;
}

const char *config_list_at(const char *list, size_t index, struct arena *a)
{
	struct list_search l = { .index = index };

	config_list(list, a, match_entry, &l);
	return l.found;
}

void config_print_help(int fd)
{
	for (size_t i = 0; i < SETTINGS; i++)
		dprintf(fd, "  %-22s %s%s%s%s\n", settings[i].name,
			settings[i].help,
			settings[i].fallback == NULL ? "" : " [",
			settings[i].fallback == NULL ? "" :
						       settings[i].fallback,
			settings[i].fallback == NULL ? "" : "]");
}
