/* SPDX-License-Identifier: MIT */
/* `version`. */
#include "cgi/command/version.h"

#include "base/version.h"

enum command_exit version_run(struct command *c)
{
	static const struct output_column columns[] = {
		{ "version", OUTPUT_TEXT, OUTPUT_ALWAYS },
	};

	output_line(&c->output, "kimi-proxy " KIMI_VERSION);
	if (c->output.format == OUTPUT_FOR_PEOPLE)
		return COMMAND_DONE;
	output_record(&c->output, NULL, columns, 1);
	output_text(&c->output, KIMI_VERSION);
	output_end(&c->output);
	return COMMAND_DONE;
}
