// SPDX-License-Identifier: MIT
// The validators of bodies and streams take what is right, and refuse it once
// anything is broken: each member and each event in turn.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatEvents, responseEvents, samples } from './lib/samples.mjs';
import * as grammar from './lib/sse.mjs';
import * as shapes from './lib/shapes.mjs';
import { eventTypes, response } from './lib/shapes_responses.mjs';

const copy = (v) => structuredClone(v);

// Where a sample's members stand: [path of the object, name].
function members(v, free, at = []) {
	if (v === null || typeof v !== 'object')
		return [];
	return Object.entries(v).flatMap(([name, value]) => free.includes(name)
		? [[at, name]]
		: [[at, name], ...members(value, free, [...at, name])]);
}

const inside = (v, path) => path.reduce((o, name) => o[name], v);

function refuses(shape, good, path, change, what) {
	const broken = copy(good);
	change(inside(broken, path));
	assert.throws(() => shape(broken), assert.AssertionError,
		`takes ${[...path, what].join('.')}: ${JSON.stringify(broken)}`);
}

// A value that no member has, and one of another type.
const strangers = (v) => [{ stranger: 1 }, ['stranger'], NaN,
	...v === null ? [true] : [null, undefined],
	...typeof v === 'string' ? [17] : ['no such value \n'],
	...typeof v === 'boolean' ? [] : [true]];

for (const [name, [shape, good, optional = [], free = []]] of
	Object.entries(samples))
	test(`a ${name} is refused if anything of it is wrong`, () => {
		shape(good);
		for (const [path, member] of members(good, free)) {
			const at = inside(good, path);
			if (Array.isArray(at))
				continue;
			if (!optional.includes(member))
				refuses(shape, good, path, (o) => delete o[member],
					`without ${member}`);
			for (const v of wrongFor(at, member, free))
				refuses(shape, good, path, (o) => o[member] = v,
					`${member} = ${JSON.stringify(v)}`);
			if (!free.includes(member) && at[member] !== null
				&& typeof at[member] === 'object'
				&& !Array.isArray(at[member]))
				refuses(shape, good, [...path, member],
					(o) => o.stranger = 1, 'stranger');
		}
		refuses(shape, good, [], (o) => o.stranger = null, 'stranger');
	});

// Texts may be any, and some members may be null or absent.
const texts = ['content', 'text', 'delta', 'name', 'model', 'filename', 'url',
	'title', 'message', 'param', 'code', 'purpose', 'owned_by', 'reasoning_content',
	'system_fingerprint', 'arguments', 'input', 'call_id', 'description',
	'instructions', 'refusal', 'prompt_cache_key', 'safety_identifier', 'user',
	'id', 'output', 'reason', 'first_id', 'last_id'];
const nullable = ['content', 'param', 'code', 'usage', 'finish_reason', 'strict',
	'effort', 'previous_response_id', 'parameters', 'description'];

function wrongFor(object, member, free) {
	return strangers(object[member]).filter((v) =>
		!(typeof v === 'string' && texts.includes(member))
		&& !(v?.stranger && free.includes(member))
		&& !(v === null && nullable.includes(member))
		&& !(v === true && member === 'strict')
		&& v !== undefined);
}

test('every event of Responses has a sample', () => {
	assert.deepEqual(eventTypes.filter((type) => !samples[type]), []);
});

test('numbers that do not add up are refused', () => {
	const [shape, good] = samples['chat completion'];
	refuses(shape, good, ['usage'], (u) => u.total_tokens++, 'total_tokens');
	refuses(shape, good, ['usage', 'prompt_tokens_details'],
		(u) => u.cached_tokens = 10, 'cached_tokens');
	const [, r] = samples.response;
	refuses(response, r, ['usage'], (u) => u.total_tokens++, 'total_tokens');
	refuses(shape, good, [], (c) => c.created = 1795384629000, 'created');
});

test('a reply that contradicts itself is refused', () => {
	const [shape, good] = samples['chat completion'];
	const choice = (i, change, what) => refuses(shape, good,
		['choices', String(i)], change, what);
	choice(0, (c) => c.finish_reason = 'tool_calls', 'tool_calls without');
	choice(1, (c) => c.finish_reason = 'stop', 'stop with calls');
	choice(0, (c) => c.message.content = null, 'neither content nor calls');
	choice(1, (c) => c.message.tool_calls = [], 'tool_calls: []');
	choice(1, (c) => c.message.tool_calls[0].function.arguments = '',
		'empty arguments');
	const [, r] = samples.response;
	for (const change of [(o) => o.status = 'failed',
		(o) => o.status = 'incomplete', (o) => o.status = 'in_progress',
		(o) => o.usage = null, (o) => o.completed_at = null,
		(o) => o.output[1].content = [],
		(o) => o.output[0].encrypted_content = null,
		(o) => o.output[1].phase = null, (o) => o.output_text = 'It is so.'])
		refuses(response, r, [], change, change.toString());
	const [list, files] = samples.files;
	refuses(list, files, [], (f) => f.last_id = f.first_id, 'last_id');
});

// --- streams

const raw = (events) => events.map(({ name, data }) =>
	(name ? `event: ${name}\n` : '')
	+ `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
	.join('');

// Numbers anew, so that it is not those that give a broken stream away.
const renumbered = (events) => events.map(({ name, data }, i) => ({ name,
	data: data === '[DONE]' ? data : { ...data, sequence_number: i } }));

// Array.toSpliced is not in Node 18.
function spliced(all, ...change) {
	const changed = [...all];
	changed.splice(...change);
	return changed;
}

function breaks(events, read, free) {
	read(events);
	for (let i = 0; i < events.length; i++) {
		const label = JSON.stringify(events[i].data).slice(0, 200);
		if (!free.alone(events[i])) {
			assert.throws(() => read(spliced(events, i, 1)),
				assert.AssertionError, `takes it without ${i} ${label}`);
			assert.throws(() => read(spliced(events, i, 0, events[i])),
				assert.AssertionError, `takes it with ${i} twice ${label}`);
		}
		if (i + 1 < events.length && !free.swapped(events[i], events[i + 1]))
			assert.throws(() => read(spliced(events, i, 2,
				events[i + 1], events[i])), assert.AssertionError,
			`takes ${i} and the next swapped: ${label}`);
	}
}

const chat = (events) => grammar.chatStream(raw(events),
	{ includeUsage: true });

test('a chat stream is refused if an event is lost, doubled or moved', () => {
	const order = (e) => Object.keys(e.data.choices?.[0]?.delta || {})[0];
	breaks(chatEvents, chat, { alone: (e) => e.free, swapped: (a, b) =>
		order(a) === 'annotations'
			|| a.free && b.free && order(a) !== 'reasoning_content' });
	const { choices: [m] } = chat(chatEvents);
	assert.equal(m.content, 'It is');
	assert.deepEqual(m.tool_calls.map((c) => c.function.arguments),
		['{"city":"Oslo"}', '{}']);
});

test('usage in a chat stream is refused unless it was asked for', () => {
	assert.throws(() => grammar.chatStream(raw(chatEvents)),
		assert.AssertionError);
	const without = spliced(chatEvents, -2, 1);
	grammar.chatStream(raw(without));
	assert.throws(() => chat(without), assert.AssertionError);
	const early = copy(without);
	early[2].data.usage = chatEvents.at(-2).data.usage;
	assert.throws(() => grammar.chatStream(raw(early)), assert.AssertionError);
});

test('chunks of different replies are refused', () => {
	for (const name of ['id', 'created', 'model']) {
		const events = copy(chatEvents);
		events[3].data[name] = name === 'created' ? 1795384630
			: `chatcmpl-${'x'.repeat(24)}`;
		assert.throws(() => chat(events), assert.AssertionError, name);
	}
});

test('a broken chat stream needs its error, and no finish_reason', () => {
	const [, error] = samples['error body'];
	const events = [...chatEvents.slice(0, 4), { data: error }];
	grammar.brokenChatStream(raw(events));
	for (const bad of [events.slice(0, -1), chatEvents,
		[...events.slice(0, -1), chatEvents.at(-3),
			{ data: error }]])
		assert.throws(() => grammar.brokenChatStream(raw(bad)),
			assert.AssertionError);
});

const piece = (text, finish) => ({ data: { ...samples['completion chunk'][1],
	choices: [{ index: 0, text, logprobs: null, finish_reason: finish }] } });

test('a stream of a completion needs one end', () => {
	const good = [piece('a', null), piece('', 'stop'), { data: '[DONE]' }];
	const read = (events) => grammar.completionStream(raw(events));
	assert.equal(read(good).choices[0].text, 'a');
	breaks(good, read, { alone: (e) => e === good[0], swapped: () => false });
});

const responses = (events) => grammar.responseStream(raw(events));

test('a Responses stream is refused if an event is lost, doubled or moved',
	() => {
		breaks(responseEvents, (events) => responses(renumbered(events)), {
			alone: () => false,
			// Where in its text an annotation comes does not matter.
			swapped: (a, b) => /text.delta/.test(a.name)
				&& /annotation/.test(b.name) });
		assert.equal(responses(responseEvents).response.output.length, 4);
	});

test('a Responses stream is refused if its numbers or names are wrong', () => {
	for (let i = 0; i < responseEvents.length - 1; i++) {
		const numbers = copy(responseEvents);
		numbers[i].data.sequence_number++;
		assert.throws(() => responses(numbers), assert.AssertionError);
		const names = copy(responseEvents);
		names[i].name = 'response.created'.slice(0, 8 + i % 3);
		assert.throws(() => responses(names), assert.AssertionError);
		delete names[i].name;
		assert.throws(() => responses(names), assert.AssertionError);
	}
});

test('a Responses stream is refused if an event names another item', () => {
	for (const [i, { data }] of responseEvents.entries())
		for (const name of ['item_id', 'output_index', 'content_index',
			'summary_index', 'annotation_index']) {
			if (data[name] === undefined)
				continue;
			const events = copy(responseEvents);
			events[i].data[name] = name === 'item_id'
				? data.item_id.replace(/.$/, '7') : data[name] + 1;
			assert.throws(() => responses(events), assert.AssertionError,
				`takes ${name} of ${i}`);
		}
});

test('a Responses stream is refused if its end contradicts it', () => {
	const changed = (change) => {
		const events = copy(responseEvents);
		change(events.at(-2).data.response);
		return events;
	};
	for (const change of [(r) => r.output.pop(), (r) => r.output.reverse(),
		(r) => r.output[1].content[0].text = 'It was so.',
		(r) => r.id = r.previous_response_id, (r) => r.created_at--,
		(r) => r.output[2].id = r.output[2].id.replace(/.$/, '9')])
		assert.throws(() => responses(changed(change)),
			assert.AssertionError, change.toString());
});

test('what is not an event is refused', () => {
	const good = raw(responseEvents);
	for (const bad of [good.slice(0, -1), good.replace('data: ', 'data:'),
		good.replace('event: ', 'Event: '), good.replace('\n\n', '\n'),
		good.replace('\n\n', '\n\n\n'), `${good}data: {}\n\n`,
		good.replace('data: [DONE]\n\n', '')])
		assert.throws(() => grammar.responseStream(bad));
	grammar.responseStream(good.replace('\n\n', '\n\n: keep-alive\n\n'));
	assert.throws(() => shapes.error({ error: 'No.' }), assert.AssertionError);
});
