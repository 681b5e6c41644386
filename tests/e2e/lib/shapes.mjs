// SPDX-License-Identifier: MIT
// The bodies of OpenAI's API except for Responses, as OpenAI's API reference
// describes them, and those of our own.

import { anyObject, bool, both, count, either, id, is, jsonObject, like, list,
	maybe, metadata, nil, object, oneOf, rule, seconds, text, word }
	from './shape.mjs';

export { either, list, object } from './shape.mjs';

export const ids = { completion: id('chatcmpl-'), legacy: id('cmpl-'),
	file: id('file-'), call: like(/^call_[A-Za-z0-9_-]{8,}$/) };

// Cursor pages: first_id and last_id are the ids of the first and last element.
export const page = (element) => both(object({ object: is('list'),
	data: list(element), first_id: maybe(word), last_id: maybe(word),
	has_more: bool }), ends);

const ends = rule('first_id and last_id are those of its elements', (v) =>
	v.first_id === (v.data[0]?.id ?? null)
	&& v.last_id === (v.data.at(-1)?.id ?? null));

export const error = object({ error: object({ message: word, type: is(
	'invalid_request_error', 'authentication_error', 'permission_error',
	'conflict_error', 'rate_limit_error', 'insufficient_quota',
	'server_error'),
param: maybe(word), code: maybe(word) }) });

// --- usage; `source` is ours: whether Kimi counted or we estimated

export const usage = both(object({ prompt_tokens: count,
	completion_tokens: count, total_tokens: count,
	prompt_tokens_details: object({ cached_tokens: count,
		cache_write_tokens: count }, { audio_tokens: count }),
	completion_tokens_details: object({ reasoning_tokens: count },
		{ audio_tokens: count, accepted_prediction_tokens: count,
			rejected_prediction_tokens: count }) },
{ source: is('upstream', 'estimated'), searches: count }),
rule('sums that are right', (u) => u.total_tokens === u.prompt_tokens
	+ u.completion_tokens
	&& u.prompt_tokens_details.cached_tokens
		+ u.prompt_tokens_details.cache_write_tokens <= u.prompt_tokens
	&& u.completion_tokens_details.reasoning_tokens <= u.completion_tokens));

// --- chat completions

const finish = is('stop', 'length', 'tool_calls', 'content_filter');

const span = rule('its start before its end', (v) =>
	v.start_index <= v.end_index);

export const chatAnnotation = object({ type: is('url_citation'),
	url_citation: both(object({ start_index: count, end_index: count,
		url: word, title: text }), span) });

const toolCall = object({ id: ids.call, type: is('function'),
	function: object({ name: word, arguments: jsonObject }) });

// The rule between finish_reason and the number of calls.
const calls = rule('finish_reason tool_calls if and only if it calls',
	({ finish_reason, message }) =>
		(finish_reason === 'tool_calls') === ('tool_calls' in message));

const choice = both(object({ index: count, finish_reason: finish,
	logprobs: nil, message: both(object({ role: is('assistant'),
		content: maybe(text), refusal: nil,
		annotations: list(chatAnnotation) },
	{ reasoning_content: word, tool_calls: list(toolCall, 1) }),
	rule('content or calls', (m) => m.content !== null || m.tool_calls)) }),
calls);

const counted = rule('choices in order', (v) =>
	v.choices.every((c, i) => c.index === i));

const completionMembers = { id: ids.completion, object: is('chat.completion'),
	created: seconds, model: word, choices: list(choice, 1), usage };
const more = { system_fingerprint: word, service_tier: is('default') };

export const chatCompletion = both(object(completionMembers,
	{ ...more, metadata }), counted);

export const storedCompletion = both(object({ ...completionMembers,
	metadata }, more), counted);

export const completionDeleted = object({ id: ids.completion,
	object: is('chat.completion.deleted'), deleted: is(true) });

// A client's message, as in the list of a stored completion's messages.
const part = oneOf('type', {
	text: object({ type: is('text'), text }),
	image_url: object({ type: is('image_url'), image_url: object(
		{ url: word }, { detail: is('auto', 'low', 'high') }) }),
	file: object({ type: is('file'), file: object({},
		{ file_id: word, filename: word, file_data: word }) }),
	video_url: object({ type: is('video_url'), video_url: anyObject }),
});

export const storedMessage = both(object({ id: word, role: is('system',
	'developer', 'user', 'assistant', 'tool'), content: maybe(text),
name: maybe(word), content_parts: maybe(list(part, 1)) },
{ tool_calls: list(toolCall, 1), tool_call_id: word, refusal: nil,
	reasoning_content: word }),
rule('content', (m) => m.content !== null || m.content_parts || m.tool_calls));

const deltaCall = either(
	object({ index: count, id: ids.call, type: is('function'),
		function: object({ name: word, arguments: text }) }),
	object({ index: count, function: object({ arguments: word }) }));

const delta = object({}, { role: is('assistant'), content: maybe(text),
	refusal: nil, reasoning_content: word, tool_calls: list(deltaCall, 1),
	annotations: list(chatAnnotation, 1) });

export const chatChunk = object({ id: ids.completion,
	object: is('chat.completion.chunk'), created: seconds, model: word,
	choices: list(both(object({ index: count, delta, logprobs: nil,
		finish_reason: maybe(finish) }),
	rule('finish_reason with an empty delta, and no other', (c) =>
		(c.finish_reason === null) === (Object.keys(c.delta).length > 0)))) },
{ usage: maybe(usage), ...more });

// --- legacy completions: one object, whole and in pieces

const legacy = (reason) => object({ text, index: count, logprobs: nil,
	finish_reason: reason });
const legacyFinish = is('stop', 'length', 'content_filter');
const legacyMembers = { id: ids.legacy, object: is('text_completion'),
	created: seconds, model: word };

export const completion = both(object({ ...legacyMembers,
	choices: list(legacy(legacyFinish), 1), usage },
{ system_fingerprint: word }), counted);

export const completionChunk = object({ ...legacyMembers,
	choices: list(legacy(maybe(legacyFinish))) },
{ usage: maybe(usage), system_fingerprint: word });

// --- models, in one body for both dialects; files; tokens

const day = like(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

export const model = object({ id: word, object: is('model'),
	created: seconds, owned_by: word },
{ type: is('model'), display_name: word, created_at: day,
	context_length: count, max_output_tokens: count, max_tokens: count,
	max_input_tokens: count, supports_reasoning: bool,
	supports_image_in: bool, supports_video_in: bool });

export const models = page(model);

export const file = object({ id: ids.file, object: is('file'), bytes: count,
	created_at: seconds, filename: word, purpose: word,
	status: is('processed') },
{ expires_at: maybe(seconds), status_details: nil });

export const files = page(file);

export const fileDeleted = object({ id: ids.file, object: is('file'),
	deleted: is(true) });

// Kimi's own endpoint.
export const tokens = object({ data: object({ total_tokens: count },
	{ source: is('upstream', 'estimated') }) });

