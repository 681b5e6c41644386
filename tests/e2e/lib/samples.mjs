// SPDX-License-Identifier: MIT
// A valid body of every shape, and valid streams, which shapes.test.mjs breaks.

import * as s from './shapes.mjs';
import * as r from './shapes_responses.mjs';

const r24 = 'aB3dE6gH9jK2mN5pQ8sT1vW4';
const other24 = 'zY3xW6vU9tS2rQ5pO8nM1lK4';
const created = 1795384629;
const args = '{"city":"Oslo"}';

const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14,
	prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
	completion_tokens_details: { reasoning_tokens: 2 } };
const cite = { start_index: 0, end_index: 2, url: 'https://one.example/',
	title: 'One' };
const call = { id: 'call_0123456789', type: 'function',
	function: { name: 'weather', arguments: args } };
const completion = { id: `chatcmpl-${r24}`, object: 'chat.completion', created,
	model: 'k2', choices: [
		{ index: 0, logprobs: null, finish_reason: 'stop', message: {
			role: 'assistant', content: 'It is so.', refusal: null,
			annotations: [{ type: 'url_citation', url_citation: cite }],
			reasoning_content: 'hm' } },
		{ index: 1, logprobs: null, finish_reason: 'tool_calls', message: {
			role: 'assistant', content: 'I ask.', refusal: null,
			annotations: [], tool_calls: [call] } }], usage };

const chunk = (delta, finish_reason = null) => ({ id: `chatcmpl-${r24}`,
	object: 'chat.completion.chunk', created, model: 'k2',
	choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
const callDelta = (more, index = 0) => chunk({ tool_calls: [
	{ index, ...more }] });

// free: the loss of such an event cannot be detected.
export const chatEvents = [
	{ data: chunk({ role: 'assistant', content: '' }) },
	{ free: true, data: chunk({ reasoning_content: 'hm' }) },
	{ free: true, data: chunk({ content: 'It ' }) },
	{ free: true, data: chunk({ content: 'is' }) },
	{ free: true, data: chunk({ annotations: [{ type: 'url_citation',
		url_citation: cite }] }) },
	{ data: callDelta({ id: call.id, type: 'function',
		function: { name: 'weather', arguments: '' } }) },
	{ data: callDelta({ function: { arguments: '{"city":' } }) },
	{ data: callDelta({ function: { arguments: '"Oslo"}' } }) },
	{ data: callDelta({ id: 'call_9876543210', type: 'function',
		function: { name: 'weather', arguments: '' } }, 1) },
	{ data: callDelta({ function: { arguments: '{}' } }, 1) },
	{ data: chunk({}, 'tool_calls') },
	{ data: { ...chunk({}), choices: [], usage } },
	{ data: '[DONE]' }];

const text = (finish_reason, more = {}) => ({ id: `cmpl-${r24}`,
	object: 'text_completion', created, model: 'k2', choices: [{ index: 0,
		text: ' and so on', logprobs: null, finish_reason }], ...more });

const model = { id: 'k2', object: 'model', created, owned_by: 'moonshot' };
const file = { id: `file-${r24}`, object: 'file', bytes: 5,
	created_at: created, filename: 'a.txt', purpose: 'assistants',
	status: 'processed' };
const page = (...data) => ({ object: 'list', data, has_more: false,
	first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null });

// --- Responses

const note = { type: 'url_citation', ...cite };
const part = { type: 'output_text', text: 'It is so.', annotations: [note],
	logprobs: [] };
const message = { id: `msg_${r24}1`, type: 'message', role: 'assistant',
	status: 'completed', content: [part] };
const reasoning = { id: `rs_${r24}0`, type: 'reasoning', summary: [
	{ type: 'summary_text', text: 'hm, yes' }] };
const functionCall = { id: `fc_${r24}2`, type: 'function_call',
	call_id: call.id, name: 'weather', arguments: args, status: 'completed' };
const custom = { id: `ctc_${r24}3`, type: 'custom_tool_call',
	call_id: 'call_9876543210', name: 'patch', input: 'a b' };
const response = { id: `resp_${r24}`, object: 'response', created_at: created,
	completed_at: created + 1, status: 'completed', error: null,
	incomplete_details: null, instructions: null, max_output_tokens: null,
	max_tool_calls: null, model: 'k2',
	output: [reasoning, message, functionCall, custom],
	parallel_tool_calls: true, previous_response_id: `resp_${other24}`,
	prompt_cache_key: null, safety_identifier: null,
	reasoning: { effort: 'low', summary: null }, service_tier: 'default',
	store: true, background: false, temperature: 1, top_p: 1,
	presence_penalty: 0, frequency_penalty: 0, top_logprobs: 0,
	text: { format: { type: 'json_schema', name: 'out', schema: {},
		strict: true, description: null }, verbosity: 'medium' },
	tool_choice: 'auto', tools: [{ type: 'function', name: 'weather',
		description: null, parameters: {}, strict: null }],
	truncation: 'disabled', metadata: { a: 'b' },
	usage: { input_tokens: 9, input_tokens_details: { cached_tokens: 1,
		cache_write_tokens: 0 }, output_tokens: 5,
	output_tokens_details: { reasoning_tokens: 2 }, total_tokens: 14 } };
const running = { ...response, status: 'in_progress', completed_at: null,
	output: [], usage: null };

const inside = (item, output_index, more) => ({ item_id: item.id,
	output_index, ...more });
const summaryPart = (text) => inside(reasoning, 0, { summary_index: 0,
	part: { type: 'summary_text', text } });
const summaryText = (more) => inside(reasoning, 0, { summary_index: 0,
	...more });
const inMessage = (more) => inside(message, 1, { content_index: 0, ...more });

const plain = [
	['response.created', { response: running }],
	['response.in_progress', { response: running }],
	['response.output_item.added', { output_index: 0,
		item: { ...reasoning, summary: [] } }],
	['response.reasoning_summary_part.added', summaryPart('')],
	['response.reasoning_summary_text.delta', summaryText({ delta: 'hm,' })],
	['response.reasoning_summary_text.delta', summaryText({ delta: ' yes' })],
	['response.reasoning_summary_text.done', summaryText({ text: 'hm, yes' })],
	['response.reasoning_summary_part.done', summaryPart('hm, yes')],
	['response.output_item.done', { output_index: 0, item: reasoning }],
	['response.output_item.added', { output_index: 1, item: { ...message,
		status: 'in_progress', content: [] } }],
	['response.content_part.added', inMessage({ part: { ...part, text: '',
		annotations: [] } })],
	['response.output_text.delta', inMessage({ delta: 'It is',
		logprobs: [] })],
	['response.output_text.delta', inMessage({ delta: ' so.',
		logprobs: [] })],
	['response.output_text.annotation.added', inMessage({
		annotation_index: 0, annotation: note })],
	['response.output_text.done', inMessage({ text: 'It is so.',
		logprobs: [] })],
	['response.content_part.done', inMessage({ part })],
	['response.output_item.done', { output_index: 1, item: message }],
	['response.output_item.added', { output_index: 2, item: { ...functionCall,
		status: 'in_progress', arguments: '' } }],
	['response.function_call_arguments.delta', inside(functionCall, 2,
		{ delta: '{"city":' })],
	['response.function_call_arguments.delta', inside(functionCall, 2,
		{ delta: '"Oslo"}' })],
	['response.function_call_arguments.done', inside(functionCall, 2,
		{ name: 'weather', arguments: args })],
	['response.output_item.done', { output_index: 2, item: functionCall }],
	['response.output_item.added', { output_index: 3, item: { ...custom,
		status: 'in_progress', input: '' } }],
	['response.custom_tool_call_input.delta', inside(custom, 3,
		{ delta: 'a b' })],
	['response.custom_tool_call_input.done', inside(custom, 3,
		{ input: 'a b' })],
	['response.output_item.done', { output_index: 3, item: custom }],
	['response.completed', { response }],
];

export const responseEvents = [...plain.map(([type, more], i) => ({
	name: type, data: { type, sequence_number: i, ...more } })),
{ data: '[DONE]' }];

const failed = { ...running, status: 'failed',
	error: { code: 'server_error', message: 'oops' } };
const event = (type, more) => ({ type, sequence_number: 7, ...more });

const input = { id: `msg_${r24}0`, type: 'message', role: 'user',
	status: 'completed', content: [{ type: 'input_text', text: 'hello' }] };
const output = { id: `fco_${r24}0`, type: 'function_call_output',
	call_id: 'x', output: 'snow', status: 'completed' };
const conversation = { id: `conv_${r24}`, object: 'conversation',
	created_at: created, metadata: {} };

// [shape, a valid body, optional members, members of any content]. Names apply
// at any depth.
export const samples = {
	'chat completion': [s.chatCompletion, { ...completion,
		system_fingerprint: 'fp', metadata: { a: 'b' } },
	['system_fingerprint', 'metadata', 'reasoning_content'], ['metadata']],
	'stored completion': [s.storedCompletion, { ...completion,
		metadata: {} }, ['reasoning_content'], ['metadata']],
	'deleted completion': [s.completionDeleted, { id: `chatcmpl-${r24}`,
		object: 'chat.completion.deleted', deleted: true }],
	'stored message': [s.storedMessage, { id: `chatcmpl-${r24}-0`,
		role: 'user', content: null, name: null,
		content_parts: [{ type: 'text', text: 'hello' }] }],
	'chat chunk': [s.chatChunk, chatEvents[5].data],
	'usage chunk': [s.chatChunk, chatEvents.at(-2).data, ['usage']],
	'error body': [s.error, { error: { message: 'No.', type: 'server_error',
		param: null, code: null } }],
	completion: [s.completion, text('stop', { usage })],
	'completion chunk': [s.completionChunk, text(null)],
	model: [s.model, model],
	models: [s.models, page(model)],
	'no models': [s.models, page()],
	file: [s.file, file],
	files: [s.files, page(file, { ...file, id: `file-${other24}` })],
	'deleted file': [s.fileDeleted, { id: `file-${r24}`, object: 'file',
		deleted: true }],
	tokens: [s.tokens, { data: { total_tokens: 8, source: 'upstream' } },
		['source']],
	response: [r.response, { ...response, conversation: {
		id: `conv_${r24}` }, user: 'me' }, ['conversation', 'user'],
	['metadata', 'schema', 'parameters']],
	'failed response': [r.response, failed, [],
		['metadata', 'schema', 'parameters']],
	'deleted response': [r.responseDeleted, { id: `resp_${r24}`,
		object: 'response', deleted: true }],
	'input tokens': [r.inputTokens, { object: 'response.input_tokens',
		input_tokens: 5 }],
	items: [r.itemList, page(message, input, reasoning, functionCall,
		output)],
	conversation: [r.conversation, conversation, [], ['metadata']],
	'deleted conversation': [r.conversationDeleted, { id: `conv_${r24}`,
		object: 'conversation.deleted', deleted: true }],
	...Object.fromEntries([
		...responseEvents.slice(0, -1).map((e) => e.data),
		event('response.queued', { response: { ...running,
			status: 'queued' } }),
		event('response.failed', { response: failed }),
		event('response.incomplete', { response: { ...response,
			status: 'incomplete', completed_at: null,
			incomplete_details: { reason: 'max_output_tokens' } } }),
		event('response.refusal.delta', inMessage({ delta: 'No' })),
		event('response.refusal.done', inMessage({ refusal: 'No' })),
		...['in_progress', 'searching', 'completed'].map((word) =>
			event(`response.web_search_call.${word}`,
				inside({ id: `ws_${r24}0` }, 0))),
		event('response.compaction.compacting',
			inside({ id: `cmp_${r24}0` }, 0)),
		event('error', { code: null, message: 'oops', param: null }),
	].map((e) => [e.type, [r.event, e,
		e.item?.type === 'custom_tool_call' ? ['status'] : [],
		['metadata', 'schema', 'parameters']]])),
};
