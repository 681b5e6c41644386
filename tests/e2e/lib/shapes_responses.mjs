// SPDX-License-Identifier: MIT
// The bodies and events of OpenAI's Responses and Conversations: what OpenAI's
// API reference and the Open Responses specification both require.

import { anyObject, bool, both, count, either, id, is, jsonObject, like, list,
	maybe, metadata, number, object, oneOf, rule, seconds, text, word }
	from './shape.mjs';
import { ids as others, page } from './shapes.mjs';

export const ids = { response: id('resp_'), message: id('msg_'),
	reasoning: id('rs_'), call: id('fc_'), output: id('fco_'),
	custom: id('ctc_'), customOutput: id('ctco_'), search: id('ws_'),
	toolSearch: id('tsc_'), toolSearchOutput: id('tso_'),
	compaction: id('cmp_'),
	conversation: like(/^[A-Za-z0-9._~:@-]{1,128}$/) };

// --- parts of messages

const span = rule('its start before its end', (v) =>
	v.start_index <= v.end_index);

export const annotation = both(object({ type: is('url_citation'),
	start_index: count, end_index: count, url: word, title: text }), span);

const outputText = both(object({ type: is('output_text'), text,
	annotations: list(annotation), logprobs: list(anyObject) }),
rule('annotations within its text', (v) => v.annotations.every((a) =>
	a.end_index <= [...v.text].length)));

const refusal = object({ type: is('refusal'), refusal: word });

export const part = oneOf('type', { output_text: outputText, refusal });

const summary = object({ type: is('summary_text'), text });

const image = both(object({ type: is('input_image'),
	detail: is('auto', 'low', 'high', 'original') },
{ image_url: maybe(word), file_id: maybe(word) }),
rule('an image', (v) => v.image_url || v.file_id));

const inputFile = object({ type: is('input_file') }, { file_id: maybe(word),
	filename: word, file_data: word, file_url: word, detail: word });

const inputPart = oneOf('type', {
	input_text: object({ type: is('input_text'), text }),
	input_image: image, input_file: inputFile,
	input_video: object({ type: is('input_video'), video_url: word }) });

// --- items of an answer

const done = is('completed', 'incomplete');
const message = (content, status = done) => object({ id: ids.message,
	type: is('message'), role: is('assistant'), status,
	content: list(content, 1) },
{ phase: is('commentary', 'final_answer') });

const call = (call_id, status, args = jsonObject) => object({ id: ids.call,
	type: is('function_call'), call_id, name: word, arguments: args, status },
{ namespace: word });

const custom = (call_id, status, input = text) => object({ id: ids.custom,
	type: is('custom_tool_call'), call_id, name: word, input },
{ status, namespace: word });

const reasoning = (summaries, status = done) => object({ id: ids.reasoning,
	type: is('reasoning'), summary: summaries },
{ status, encrypted_content: word, content: list(
	object({ type: is('reasoning_text'), text })) });

const source = object({ type: is('url'), url: word });
const search = (status) => object({ id: ids.search,
	type: is('web_search_call'), status, action: object({ type: is('search'),
		query: text }, { queries: list(text), sources: list(source) }) });

const toolSearch = (call_id, status, args = anyObject) => object({
	id: ids.toolSearch, type: is('tool_search_call'), call_id, status,
	execution: is('client'), arguments: args });

const compaction = (content) => object({ id: ids.compaction,
	type: is('compaction'), encrypted_content: content });

// A truncated reply may have a call with incomplete arguments.
const outputShapes = { message: message(part),
	function_call: either(call(others.call, is('completed')),
		call(others.call, is('incomplete'), text)),
	custom_tool_call: custom(others.call, done),
	tool_search_call: toolSearch(others.call, done),
	reasoning: reasoning(list(summary, 1)), web_search_call: search(done),
	compaction: compaction(word) };

export const outputItem = oneOf('type', outputShapes);

// As in output_item.added: begun and still empty.
const empty = is('');
const begun = is('in_progress');
const nothing = rule('an empty array', (v) => Array.isArray(v) && !v.length);
export const addedItem = oneOf('type', {
	message: object({ id: ids.message, type: is('message'),
		role: is('assistant'), status: begun, content: nothing },
	{ phase: is('commentary', 'final_answer') }),
	function_call: call(others.call, begun, empty),
	custom_tool_call: custom(others.call, begun, empty),
	tool_search_call: toolSearch(others.call, begun, rule('an empty object',
		(v) => Object.keys(v).length === 0)),
	reasoning: object({ id: ids.reasoning, type: is('reasoning'),
		summary: nothing }, { status: begun, content: nothing }),
	web_search_call: search(begun), compaction: compaction(empty) });

// --- items in lists: of an answer, or what a client said

const toolOutput = (type, itemId) => object({ id: itemId, type: is(type),
	call_id: word, output: either(text, list(inputPart, 1)), status: done });

const said = (role, content) => object({ id: ids.message, type: is('message'),
	role: is(role), status: done, content: list(content, 1) },
{ phase: is('commentary', 'final_answer') });

const speaker = oneOf('role', { user: said('user', inputPart),
	system: said('system', inputPart), developer: said('developer', inputPart),
	assistant: said('assistant', part) });

export const item = oneOf('type', { message: speaker,
	function_call: call(word, done), custom_tool_call: custom(word, done),
	tool_search_call: toolSearch(word, done),
	tool_search_output: object({ id: ids.toolSearchOutput,
		type: is('tool_search_output'), call_id: word, status: done,
		execution: is('client'), tools: list(anyObject) }),
	reasoning: reasoning(list(summary)),
	function_call_output: toolOutput('function_call_output', ids.output),
	custom_tool_call_output: toolOutput('custom_tool_call_output',
		ids.customOutput),
	web_search_call: search(done),
	compaction: compaction(word) });

export const itemList = page(item);

// --- the response

const failure = object({ code: word, message: word }, { type: word });

export const usage = both(object({ input_tokens: count,
	input_tokens_details: object({ cached_tokens: count,
		cache_write_tokens: count }),
	output_tokens: count,
	output_tokens_details: object({ reasoning_tokens: count }),
	total_tokens: count }, { source: is('upstream', 'estimated'), searches: count }),
rule('sums that are right', (u) => u.total_tokens === u.input_tokens
	+ u.output_tokens
	&& u.input_tokens_details.cached_tokens
		+ u.input_tokens_details.cache_write_tokens <= u.input_tokens
	&& u.output_tokens_details.reasoning_tokens <= u.output_tokens));

const functionTool = object({ type: is('function'), name: word,
	description: maybe(text), parameters: maybe(anyObject),
	strict: maybe(bool) });
const otherTool = both(anyObject, rule('a tool of another type', (v) =>
	typeof v.type === 'string' && /^(?!function$)[a-z][a-z_0-9]+$/
		.test(v.type)));

const toolChoice = either(is('none', 'auto', 'required'),
	object({ type: is('function'), name: word }),
	object({ type: is('allowed_tools'), mode: is('auto', 'required'),
		tools: list(anyObject) }),
	object({ type: is('custom'), name: word }),
	object({ type: like(/^web_search/) }));

const format = oneOf('type', { text: object({ type: is('text') }),
	json_object: object({ type: is('json_object') }),
	json_schema: object({ type: is('json_schema'), name: word,
		schema: anyObject, strict: maybe(bool), description: maybe(text) }) });

const statuses = { queued: 'has nothing yet', in_progress: 'has no end yet',
	completed: 'has usage and an end, and no fault',
	incomplete: 'has a reason', failed: 'has an error',
	cancelled: 'has no error' };

// What each status implies.
const ended = (v) => rule(`${v.status} ${statuses[v.status]}`, (r) => ({
	queued: () => !r.usage && !r.completed_at && !r.error
		&& !r.output.length && !r.incomplete_details,
	in_progress: () => !r.usage && !r.completed_at && !r.error
		&& !r.incomplete_details,
	completed: () => r.usage && r.completed_at >= r.created_at && !r.error
		&& !r.incomplete_details,
	incomplete: () => r.usage && !r.error && r.incomplete_details,
	failed: () => r.error && !r.incomplete_details,
	cancelled: () => !r.error && !r.incomplete_details,
}[r.status]()));

export const response = both(object({ id: ids.response, object: is('response'),
	created_at: seconds, completed_at: maybe(seconds),
	status: is(...Object.keys(statuses)), error: maybe(failure),
	incomplete_details: maybe(object({ reason: is('max_output_tokens',
		'content_filter') })),
	instructions: maybe(text), max_output_tokens: maybe(count),
	max_tool_calls: maybe(count), model: word, output: list(outputItem),
	parallel_tool_calls: bool, previous_response_id: maybe(ids.response),
	prompt_cache_key: maybe(text), safety_identifier: maybe(text),
	reasoning: object({ effort: maybe(is('none', 'minimal', 'low', 'medium',
		'high', 'xhigh', 'max')),
	summary: maybe(is('auto', 'concise', 'detailed')) }),
	service_tier: is('default'), store: bool, background: bool,
	temperature: number, top_p: number, presence_penalty: number,
	frequency_penalty: number, top_logprobs: count,
	text: object({ format, verbosity: is('low', 'medium', 'high') }),
	tool_choice: toolChoice, tools: list(either(functionTool, otherTool)),
	truncation: is('auto', 'disabled'), metadata, usage: maybe(usage) },
{ conversation: object({ id: ids.conversation }), user: text }),
(v, at) => ended(v)(v, at));

const inStatus = (...status) => both(response, rule(
	`status ${status.join(' or ')}`, (r) => status.includes(r.status)));

export const responseDeleted = object({ id: ids.response,
	object: is('response'), deleted: is(true) });

export const inputTokens = object({ object: is('response.input_tokens'),
	input_tokens: count }, { source: is('upstream', 'estimated', 'counted') });

// The user's messages, and last what the rest became.
export const compacted = both(object({ id: ids.response,
	object: is('response.compaction'), created_at: seconds,
	output: list(item, 1), usage }), rule('one summary, at the end', (v) =>
	v.output.map((i) => (i.type === 'message' ? i.role : i.type)).join()
		.match(/^(user,)*compaction$/)));

// --- conversations

export const conversation = object({ id: ids.conversation,
	object: is('conversation'), created_at: seconds, metadata });

export const conversationDeleted = object({ id: ids.conversation,
	object: is('conversation.deleted'), deleted: is(true) });

// --- events

const inItem = (prefix) => ({ item_id: prefix, output_index: count });
const inPart = { ...inItem(ids.message), content_index: count };
const inSummary = { ...inItem(ids.reasoning), summary_index: count };
const emptySummary = object({ type: is('summary_text'), text: empty });
const emptyPart = oneOf('type', { output_text: object({
	type: is('output_text'), text: empty, annotations: nothing,
	logprobs: nothing }),
refusal: object({ type: is('refusal'), refusal: empty }) });
const untouched = (status) => both(inStatus(status),
	rule('no output yet', (r) => r.output.length === 0));

const members = {
	'response.created': { response: either(untouched('in_progress'),
		untouched('queued')) },
	'response.queued': { response: untouched('queued') },
	'response.in_progress': { response: untouched('in_progress') },
	'response.output_item.added': { output_index: count, item: addedItem },
	'response.output_item.done': { output_index: count, item: outputItem },
	'response.content_part.added': { ...inPart, part: emptyPart },
	'response.content_part.done': { ...inPart, part },
	'response.output_text.delta': { ...inPart, delta: word,
		logprobs: list(anyObject) },
	'response.output_text.done': { ...inPart, text,
		logprobs: list(anyObject) },
	'response.output_text.annotation.added': { ...inPart,
		annotation_index: count, annotation },
	'response.refusal.delta': { ...inPart, delta: word },
	'response.refusal.done': { ...inPart, refusal: word },
	'response.function_call_arguments.delta': { ...inItem(ids.call),
		delta: word },
	'response.function_call_arguments.done': { ...inItem(ids.call),
		name: word, arguments: text },
	'response.custom_tool_call_input.delta': { ...inItem(ids.custom),
		delta: word },
	'response.custom_tool_call_input.done': { ...inItem(ids.custom),
		input: text },
	'response.reasoning_summary_part.added': { ...inSummary,
		part: emptySummary },
	'response.reasoning_summary_part.done': { ...inSummary, part: summary },
	'response.reasoning_summary_text.delta': { ...inSummary, delta: word },
	'response.reasoning_summary_text.done': { ...inSummary, text },
	'response.web_search_call.in_progress': inItem(ids.search),
	'response.web_search_call.searching': inItem(ids.search),
	'response.web_search_call.completed': inItem(ids.search),
	'response.compaction.compacting': inItem(ids.compaction),
	'response.completed': { response: inStatus('completed') },
	'response.incomplete': { response: inStatus('incomplete') },
	'response.failed': { response: inStatus('failed', 'cancelled') },
	error: { code: maybe(word), message: word, param: maybe(word) },
};

// The flat form of `error` is OpenAI's, the other is Open Responses'.
const optional = { error: { error: object({ type: word, code: maybe(word),
	message: word, param: maybe(word) }) } };

export const event = oneOf('type', Object.fromEntries(Object.entries(members)
	.map(([type, more]) => [type, object({ type: is(type),
		sequence_number: count, ...more }, optional[type])])));

export const eventTypes = Object.keys(members);
