/* SPDX-License-Identifier: MIT */
/* Requests that do not fit the context of their model. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>

#include "app/relay/truncation_internal.h"
#include "tokens/estimate.h"
#include "upstream/model.h"

#define WORDS 4000 /* about a thousand tokens */

static const char *long_text(struct arena *a, char fill)
{
	char *text = arena_alloc(a, WORDS + 1);

	memset(text, fill, WORDS);
	return text;
}

/* "s" system, "u" user, "a" assistant, "t" tool: a thousand tokens each. */
static struct chat_request conversation(struct arena *a, const char *roles)
{
	size_t n = strlen(roles);
	struct chat_message *m = arena_array(a, n, sizeof(*m));

	for (size_t i = 0; i < n; i++) {
		struct chat_part *part = arena_alloc(a, sizeof(*part));

		part->text = long_text(a, roles[i]);
		m[i].role = roles[i] == 's' ? CHAT_SYSTEM :
			    roles[i] == 'u' ? CHAT_USER :
			    roles[i] == 'a' ? CHAT_ASSISTANT :
					      CHAT_TOOL;
		m[i].parts = part;
		m[i].n_parts = 1;
	}
	return (struct chat_request){
		.messages = m,
		.n_messages = n,
		.max_tokens = 100,
	};
}

static void becomes(struct arena *a, const char *before, int64_t context,
		    const char *after)
{
	struct chat_request q = conversation(a, before);
	struct model model = { .name = "kimi-k2.6", .context = context };
	char roles[32] = "";

	assert_int_equal(truncation_apply(&q, &model, NULL, a),
			 strcmp(before, after) != 0);
	for (size_t i = 0; i < q.n_messages; i++)
		roles[i] = q.messages[i].parts[0].text[0];
	assert_string_equal(roles, after);
}

static void what_fits_stays(void **state)
{
	becomes(*state, "suaua", 100000, "suaua");
}

static void the_oldest_turns_are_dropped(void **state)
{
	becomes(*state, "uauau", 3600, "uau");
	becomes(*state, "uauau", 1600, "u");
}

static void system_messages_stay(void **state)
{
	becomes(*state, "suauasu", 3600, "ssu");
	becomes(*state, "ususu", 3600, "ssu");
	becomes(*state, "sss", 1600, "sss");
}

/* The frame of a prompt counts once, however many turns it has. */
static void what_is_left_fits(void **state)
{
	struct chat_part part = { .text = "u" };
	struct chat_message m[300] = { 0 };
	struct chat_request q = { .messages = m,
				  .n_messages = COUNT(m),
				  .max_tokens = 100 };
	struct model model = { .name = "kimi-k2.6", .context = 1100 };

	for (size_t i = 0; i < COUNT(m); i++) {
		m[i].role = CHAT_USER;
		m[i].parts = &part;
		m[i].n_parts = 1;
	}
	assert_true(truncation_apply(&q, &model, NULL, *state));
	assert_in_range(tokens_estimate_prompt(&q), 990, 1000);
}

static void results_are_dropped_with_their_calls(void **state)
{
	becomes(*state, "uataau", 5600, "u");
}

static void the_last_turn_stays_whole(void **state)
{
	becomes(*state, "uata", 1600, "uata");
	becomes(*state, "uuata", 1600, "uata");
}

static void an_unknown_context_drops_nothing(void **state)
{
	becomes(*state, "uauau", 0, "uauau");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_fits_stays),
		TEST(the_oldest_turns_are_dropped),
		TEST(system_messages_stay),
		TEST(what_is_left_fits),
		TEST(results_are_dropped_with_their_calls),
		TEST(the_last_turn_stays_whole),
		TEST(an_unknown_context_drops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
