// SPDX-License-Identifier: MIT
// The grammar of complete event streams: chat completions, legacy completions
// and Responses.

import assert from 'node:assert/strict';
import { jsonObject } from './shape.mjs';
import * as shapes from './shapes.mjs';
import * as responses from './shapes_responses.mjs';

// The events of a raw stream, read strictly: [{ name, data }], data parsed.
// An incomplete event at the end is an error unless the stream was cut.
export function eventsOf(raw, { cut = false } = {}) {
	const blocks = raw.split('\n\n');
	const rest = blocks.pop();
	if (!cut)
		assert.equal(rest, '', 'the last event has no empty line');
	const events = [];
	for (const block of blocks) {
		if (/^:[^\n]*$/.test(block))
			continue;
		const m = /^(?:event: ([a-z_.]+)\n)?data: ([^\n]+)$/.exec(block);
		assert.ok(m, `not an event: ${block.slice(0, 300)}`);
		events.push({ name: m[1], data: m[2] === '[DONE]' ? m[2]
			: JSON.parse(m[2]) });
	}
	return events;
}

// Removes [DONE], which must come once, at the end.
function bodiesOf(events) {
	const at = events.findIndex((e) => e.data === '[DONE]');
	assert.equal(at, events.length - 1, `[DONE] is event ${at} of ${
		events.length}`);
	return events.slice(0, -1);
}

const same = (all, members) => all.forEach((one, i) => {
	for (const name of members)
		assert.equal(one[name], all[0][name], `${name} of event ${i}`);
});

// --- chat completions, and legacy ones

// What both kinds of stream share. Returns the chunks with choices, and the
// usage, which has its own chunk at the end and only if it was requested.
function chunksOf(raw, shape, includeUsage) {
	const chunks = bodiesOf(eventsOf(raw)).map(({ name, data }) => {
		assert.equal(name, undefined, 'an event has a name');
		shape(data, 'chunk');
		return data;
	});
	assert.ok(chunks.length > 0, 'no chunks');
	same(chunks, ['id', 'created', 'model', 'object']);
	const alone = chunks.filter((c) => c.choices.length === 0);
	const full = chunks.filter((c) => c.choices.length > 0);
	for (const c of full)
		assert.ok(!c.usage, 'usage beside choices');
	if (!includeUsage) {
		assert.ok(chunks.every((c) => !('usage' in c)), 'usage, unasked');
		assert.equal(alone.length, 0, 'a chunk without choices');
		return { full, usage: null };
	}
	assert.equal(alone.length, 1, 'chunks without choices');
	assert.equal(chunks.at(-1), alone[0], 'usage comes last');
	assert.ok(alone[0].usage, 'the last chunk has no usage');
	return { full, usage: alone[0].usage };
}

// The pieces of one choice, and the order of deltas.
function chatChoice(pieces) {
	const m = { role: null, content: '', reasoning_content: '',
		annotations: [], tool_calls: [] };
	let finish = null;
	for (const { delta, finish_reason } of pieces) {
		assert.equal(finish, null, 'something follows finish_reason');
		assert.equal('role' in delta, m.role === null,
			'the role comes with the first piece, and once');
		const first = m.role === null;
		m.role = m.role || delta.role;
		addPiece(m, delta, first);
		finish = finish_reason;
	}
	assert.ok(finish, 'no finish_reason');
	for (const call of m.tool_calls)
		jsonObject(call.function.arguments, 'arguments');
	assert.equal(finish === 'tool_calls', m.tool_calls.length > 0,
		`finish_reason ${finish}, ${m.tool_calls.length} calls`);
	return { ...m, finish_reason: finish };
}

function addPiece(m, delta, first) {
	if (delta.reasoning_content) {
		assert.ok(m.content === '' && m.tool_calls.length === 0,
			'reasoning comes before content and calls');
		m.reasoning_content += delta.reasoning_content;
	}
	if ('content' in delta && !first) {
		assert.ok(delta.content, 'a piece of content that is empty');
		assert.equal(m.tool_calls.length, 0, 'content after a call');
	}
	m.content += delta.content || '';
	m.annotations.push(...delta.annotations || []);
	for (const call of delta.tool_calls || [])
		addCall(m.tool_calls, call);
}

function addCall(calls, { index, id, type, function: f }) {
	if (id) {
		assert.equal(index, calls.length, 'calls have no gaps');
		assert.ok(calls.every((c) => c.id !== id), 'a call id twice');
		calls.push({ id, type, function: { ...f } });
		return;
	}
	assert.equal(index, calls.length - 1,
		'a call is finished before the next begins');
	calls[index].function.arguments += f.arguments;
}

// The whole of a chat stream: { id, model, choices: [message], usage }.
export function chatStream(raw, { includeUsage = false, n = 1 } = {}) {
	const { full, usage } = chunksOf(raw, shapes.chatChunk, includeUsage);
	const { id, model, created } = full[0];
	return { id, model, created, usage, choices: perChoice(full, n)
		.map(chatChoice) };
}

export function completionStream(raw, { includeUsage = false, n = 1 } = {}) {
	const { full, usage } = chunksOf(raw, shapes.completionChunk,
		includeUsage);
	const choices = perChoice(full, n).map((pieces) => {
		pieces.slice(0, -1).forEach((p) =>
			assert.equal(p.finish_reason, null, 'something follows'));
		assert.ok(pieces.at(-1).finish_reason, 'no finish_reason');
		return { text: pieces.map((p) => p.text).join(''),
			finish_reason: pieces.at(-1).finish_reason };
	});
	return { id: full[0].id, model: full[0].model, usage, choices };
}

function perChoice(full, n) {
	const all = full.flatMap((c) => c.choices);
	const choices = Array.from({ length: n }, (_, i) =>
		all.filter((c) => c.index === i));
	assert.equal(choices.flat().length, all.length, 'a choice too many');
	choices.forEach((pieces, i) =>
		assert.ok(pieces.length > 0, `choice ${i} is missing`));
	return choices;
}

// A chat stream that failed: chunks, then an error, no finish_reason.
export function brokenChatStream(raw) {
	const events = eventsOf(raw).map((e) => e.data)
		.filter((d) => d !== '[DONE]');
	const error = events.pop();
	shapes.error(error, 'the last event');
	events.forEach((chunk) => {
		shapes.chatChunk(chunk, 'chunk');
		chunk.choices.forEach((c) => assert.equal(c.finish_reason, null));
	});
	return error.error;
}

// --- Responses

const terminal = ['response.completed', 'response.incomplete',
	'response.failed'];

// Follows the items of a stream as its events build them.
class Items {
	constructor() {
		this.items = [];
		this.done = [];
	}

	open(e) {
		assert.equal(e.output_index, this.items.length, 'output_index');
		assert.equal(this.done.length, this.items.length,
			'an item is done before the next is added');
		assert.ok(this.items.every((i) => i.id !== e.item.id), 'an id twice');
		this.parts = [];
		this.items.push(e.item);
	}

	item(e, type) {
		const item = this.items[e.output_index];
		assert.ok(item, `${e.type} before its item was added`);
		assert.equal(this.done.length, e.output_index,
			`${e.type} after its item was done`);
		assert.equal(e.item_id, item.id, `${e.type}: item_id`);
		assert.equal(item.type, type, `${e.type} in ${item.type}`);
		return item;
	}

	addPart(e, type, index) {
		this.item(e, type);
		assert.equal(index, this.parts.length, `${e.type}: its index`);
		assert.ok(this.parts.every((p) => p.done), 'a part within a part');
		this.parts.push({ part: e.part, joined: '', annotations: [] });
	}

	part(e, type, index) {
		this.item(e, type);
		const part = this.parts[index];
		assert.ok(part, `${e.type} before its part was added`);
		assert.ok(!part.done, `${e.type} after its part was done`);
		return part;
	}

	// Calls have no parts.
	whole(e, type) {
		this.item(e, type);
		this.parts[0] ||= { joined: '' };
		return this.parts[0];
	}

	close(e) {
		assert.equal(e.output_index, this.done.length, 'output_index');
		const added = this.items[e.output_index];
		assert.ok(added, 'done before it was added');
		for (const name of ['id', 'type', 'role', 'call_id', 'name',
			'namespace'])
			assert.equal(e.item[name], added[name], `${name} of the item`);
		assert.ok(this.parts.every((p) => p.done), 'a part is not done');
		built[added.type]?.(e.item, this.parts);
		this.done.push(e.item);
	}
}

// What a finished item must contain, given the events before it.
const built = {
	message: (item, parts) => assert.deepEqual(item.content,
		parts.map((p) => p.done), 'content as its parts were done'),
	reasoning: (item, parts) => assert.deepEqual(item.summary,
		parts.map((p) => p.done), 'summary as its parts were done'),
	function_call: (item, [args]) => assert.equal(item.arguments,
		args.done, 'arguments as they were done'),
	custom_tool_call: (item, [input]) => assert.equal(item.input,
		input.done, 'input as it was done'),
};

function finishText(p, e, text) {
	assert.ok(p.text === undefined, `${e.type} twice`);
	assert.equal(text, p.joined, `${e.type}: its text is the joined deltas`);
	p.text = text;
}

function addText(p, e) {
	assert.ok(p.text === undefined, `${e.type} after the text was done`);
	p.joined += e.delta;
}

function finishPart(p, e, text) {
	assert.equal(text, p.text, `${e.type}: its text`);
	assert.deepEqual(e.part.annotations || [], p.annotations,
		`${e.type}: its annotations`);
	p.done = e.part;
}

function finishCall(p, e, text) {
	finishText(p, e, text);
	p.done = text;
}

const steps = {
	'response.output_item.added': (s, e) => s.open(e),
	'response.output_item.done': (s, e) => s.close(e),
	'response.content_part.added': (s, e) =>
		s.addPart(e, 'message', e.content_index),
	'response.output_text.delta': (s, e) =>
		addText(s.part(e, 'message', e.content_index), e),
	'response.output_text.done': (s, e) =>
		finishText(s.part(e, 'message', e.content_index), e, e.text),
	'response.output_text.annotation.added': (s, e) => {
		const p = s.part(e, 'message', e.content_index);
		assert.equal(p.text, undefined, 'annotated after its text was done');
		assert.equal(e.annotation_index, p.annotations.length,
			'annotation_index');
		p.annotations.push(e.annotation);
	},
	'response.refusal.delta': (s, e) =>
		addText(s.part(e, 'message', e.content_index), e),
	'response.refusal.done': (s, e) =>
		finishText(s.part(e, 'message', e.content_index), e, e.refusal),
	'response.content_part.done': (s, e) =>
		finishPart(s.part(e, 'message', e.content_index), e,
			e.part.text ?? e.part.refusal),
	'response.reasoning_summary_part.added': (s, e) =>
		s.addPart(e, 'reasoning', e.summary_index),
	'response.reasoning_summary_text.delta': (s, e) =>
		addText(s.part(e, 'reasoning', e.summary_index), e),
	'response.reasoning_summary_text.done': (s, e) =>
		finishText(s.part(e, 'reasoning', e.summary_index), e, e.text),
	'response.reasoning_summary_part.done': (s, e) =>
		finishPart(s.part(e, 'reasoning', e.summary_index), e, e.part.text),
	'response.function_call_arguments.delta': (s, e) =>
		addText(s.whole(e, 'function_call'), e),
	'response.function_call_arguments.done': (s, e) => {
		finishCall(s.whole(e, 'function_call'), e, e.arguments);
		assert.equal(e.name, s.items.at(-1).name, 'name of the call');
	},
	'response.custom_tool_call_input.delta': (s, e) =>
		addText(s.whole(e, 'custom_tool_call'), e),
	'response.custom_tool_call_input.done': (s, e) =>
		finishCall(s.whole(e, 'custom_tool_call'), e, e.input),
	'response.compaction.compacting': (s, e) => s.item(e, 'compaction'),
	'response.web_search_call.in_progress': (s, e) =>
		s.item(e, 'web_search_call'),
	'response.web_search_call.searching': (s, e) =>
		s.item(e, 'web_search_call'),
	'response.web_search_call.completed': (s, e) =>
		s.item(e, 'web_search_call'),
};

// Checks shapes, names and sequence numbers of events after number `after`.
export function numbered(events, after = -1) {
	return events.map(({ name, data }, i) => {
		responses.event(data, `event ${i}`);
		assert.equal(name, data.type, 'event: and type');
		assert.equal(data.sequence_number, after + 1 + i, 'sequence_number');
		return data;
	});
}

function begin(events) {
	assert.equal(events[0]?.type, 'response.created');
	const [first] = events;
	let at = 1;
	for (const type of ['response.queued', 'response.in_progress'])
		if (events[at]?.type === type)
			at++;
	const last = events.at(-1);
	assert.ok(last.type === 'response.failed'
		|| events.slice(1, at).some((e) => e.type === 'response.in_progress'),
	'no response.in_progress');
	for (const e of events.filter((e) => e.response))
		same([first.response, e.response], ['id', 'created_at', 'model',
			'previous_response_id', 'instructions', 'store', 'background']);
	return at;
}

// Checks the events of a complete Responses stream; returns the final response.
export function responseEvents(events) {
	const at = begin(events);
	const last = events.at(-1);
	assert.ok(terminal.includes(last.type), `the last event is ${last.type}`);
	const items = new Items();
	for (const e of events.slice(at, -1)) {
		if (e.type === 'error' && last.type === 'response.failed')
			continue;
		assert.ok(steps[e.type], `${e.type} in the middle`);
		steps[e.type](items, e);
	}
	const { output } = last.response;
	if (last.type === 'response.failed') {
		// It may contain items that had begun.
		assert.deepEqual(output.slice(0, items.done.length), items.done);
		return last.response;
	}
	assert.equal(items.done.length, items.items.length, 'an item not done');
	assert.deepEqual(output, items.done, 'output as the items were done');
	return last.response;
}

// { events, response } of a raw stream.
export function responseStream(raw) {
	const events = numbered(bodiesOf(eventsOf(raw)));
	return { events, response: responseEvents(events) };
}

// The events after number `after` of a resumed stream.
export const resumedEvents = (raw, after) =>
	numbered(bodiesOf(eventsOf(raw)), after);
