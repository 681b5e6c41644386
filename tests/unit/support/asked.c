/* SPDX-License-Identifier: MIT */
/* What a site answers, held to be right or to be an error. */
#include "tests/unit/support/asked.h"

#include <string.h>

#include "tests/unit/support/test.h"

const cJSON *asked(struct site *s, const char *method, const char *uri,
		   const char *body)
{
	const char *answer = site_ask(s, method, uri, body);

	if (strncmp(answer, "Status: 200 ", 12) != 0)
		fail_msg("%s %s: %s", method, uri, answer);
	return parse(s->arena, site_body(answer));
}

void assert_refused(struct site *s, const char *answer, const char *status,
		    const char *param)
{
	const char *is =
		json_text(parse(s->arena, site_body(answer)), "error.param");

	if (memcmp(answer + 8, status, 3) != 0)
		fail_msg("%s", answer);
	assert_string_equal(is == NULL ? "" : is, param);
}
