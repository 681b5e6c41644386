/* SPDX-License-Identifier: MIT */
/* Chats with files, through the whole program. */
#include "tests/unit/support/attached.h"

#include <string.h>

#include "tests/unit/support/test.h"

const char *attached_ask(struct site *s, const char *body)
{
	return site_ask(s, "POST", CHAT, body);
}

void attached_seen(struct site *s, const char *body)
{
	const char *answer = attached_ask(s, body);

	if (strncmp(answer, "Status: 200 ", 12) != 0)
		fail_msg("%s", answer);
}

void attached_refused(struct arena *a, const char *answer, const char *status,
		      const char *param, const char *message)
{
	const cJSON *t = parse(a, site_body(answer));

	if (memcmp(answer + 8, status, 3) != 0)
		fail_msg("%s", answer);
	assert_string_equal(json_text(t, "error.param"), param);
	assert_contains(json_text(t, "error.message"), message);
}

/* The id of a file that was uploaded. */
const char *attached_upload(struct site *s, const char *key, const char *name,
			    const char *bytes)
{
	struct string_gateway *g = site_request(
		s, "POST", "/v1/files",
		arena_printf(s->arena,
			     "--b\r\nContent-Disposition: form-data; "
			     "name=\"purpose\"\r\n\r\nuser_data\r\n--b\r\n"
			     "Content-Disposition: form-data; name=\"file\"; "
			     "filename=\"%s\"\r\n\r\n%s\r\n--b--",
			     name, bytes));

	string_gateway_set(g, "CONTENT_TYPE",
			   "multipart/form-data; boundary=b");
	string_gateway_set(g, "HTTP_AUTHORIZATION",
			   arena_printf(s->arena, "Bearer %s", key));
	return json_text(parse(s->arena, site_body(site_serve(s, g))), "id");
}

const char *attached_body(const struct site *s)
{
	return s->replay.calls[s->replay.n_calls - 1].body;
}
