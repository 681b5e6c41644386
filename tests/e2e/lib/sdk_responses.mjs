// SPDX-License-Identifier: MIT
// What a version of the openai package does with Responses and Conversations.
// `sdk` is as in sdk_chat.mjs.

import assert from 'node:assert/strict';
import { until } from './process.mjs';
import { scene } from './http.mjs';
import { bodyWith, laid } from './kimi.mjs';
import { abortOnceAsked, calling, city, fails, models, sources }
	from './sdk_chat.mjs';

const tools = [{ type: 'function', name: 'weather', strict: true,
	description: 'Weather of a city', parameters: city }];
const ask = (input, more) => ({ model: 'k2', input, ...more });

export const responseChecks = (sdk) => [
	['creates a response', () => create(sdk)],
	['reads a Responses stream', () => stream(sdk)],
	['folds a Responses stream with its helper', () => helper(sdk)],
	['parses structured output of a response', () => parse(sdk)],
	['continues a response after its tool', () => toolByPrevious(sdk)],
	['sends a response\'s items and the tool\'s result', () =>
		toolByInput(sdk)],
	['retrieves and deletes a response', () => retrieve(sdk)],
	['lists what a response was made from', () => inputItems(sdk)],
	['counts input tokens', () => count(sdk)],
	['compacts a conversation', () => compact(sdk)],
	['aborts a response', () => abort(sdk)],
	['polls a response in the background', () => background(sdk)],
	['cancels a response in the background', () => cancel(sdk)],
	['takes a stream up again', () => resume(sdk)],
	['throws for what is wrong with a response', () => errors(sdk)],
	['makes, changes and deletes a conversation', () => conversation(sdk)],
	['adds, lists, reads and deletes items', () => items(sdk)],
	['talks in a conversation', () => talk(sdk)],
];

async function create({ openai }) {
	for (const model of models) {
		const { data, response } = await openai.responses.create(ask(
			scene({ answer: 'yes', reasoning: 'hm', search: sources }),
			{ model, instructions: 'Be brief.', metadata: { a: 'b' },
				tools: [{ type: 'web_search' }],
				reasoning: { effort: 'low', summary: 'auto' } }))
			.withResponse();
		assert.equal(data.output_text, 'yes');
		assert.equal(data.status, 'completed');
		assert.equal(data.instructions, 'Be brief.');
		assert.deepEqual(data.metadata, { a: 'b' });
		assert.deepEqual(data.reasoning, { effort: 'low', summary: 'auto' });
		assert.equal(data._request_id, response.headers.get('x-request-id'));
	}
}

async function stream({ openai }) {
	for (const model of models) {
		const events = [];
		for await (const event of await openai.responses.create(ask(
			scene({ answer: 'one two three', reasoning: 'hm' }),
			{ model, stream: true })))
			events.push(event);
		const joined = events.filter((e) =>
			e.type === 'response.output_text.delta').map((e) => e.delta);
		assert.equal(joined.join(''), 'one two three');
		assert.ok(joined.length > 1);
		assert.equal(events.at(-1).type, 'response.completed');
	}
}

async function helper({ openai }) {
	for (const [model, members] of Object.entries(calling)) {
		const s = openai.responses.stream(ask(scene(members),
			{ model, tools }));
		let args = '';
		s.on('response.function_call_arguments.delta', (e) => {
			args = e.snapshot;
		});
		const final = await s.finalResponse();
		assert.equal(args, '{"city":"Oslo"}');
		const call = final.output.find((i) => i.type === 'function_call');
		assert.deepEqual(call.parsed_arguments, { city: 'Oslo' });
		const text = openai.responses.stream(ask(scene({ answer: 'a b c' }),
			{ model }));
		assert.equal((await text.finalResponse()).output_text, 'a b c');
	}
}

async function parse({ openai }) {
	for (const model of models) {
		// A strict tool makes the helper parse the text, too.
		const done = await openai.responses.parse(ask(
			scene({ answer: '{"city":"Oslo"}' }), { model, tools,
				text: { format: { type: 'json_schema', name: 'out',
					strict: true, schema: city } } }));
		assert.deepEqual(done.output_parsed, { city: 'Oslo' });
		assert.equal(done.text.format.type, 'json_schema');
	}
}

const callOf = (response) => response.output.find((item) =>
	item.type === 'function_call');

const resultOf = (response, output) => ({ type: 'function_call_output',
	call_id: callOf(response).call_id, output });

async function toolByPrevious({ openai, site, word }) {
	for (const [model, members] of Object.entries(calling)) {
		const mark = `${word}-previous-${model}.`;
		await laid(site, `snow-${mark}`, { answer: 'It snows.' });
		await laid(site, mark, members);
		const first = await openai.responses.create(ask(mark,
			{ model, tools }));
		assert.equal(callOf(first).arguments, '{"city":"Oslo"}');
		const second = await openai.responses.create({ model, tools,
			previous_response_id: first.id,
			input: [resultOf(first, `snow-${mark}`)] });
		assert.equal(second.output_text, 'It snows.');
		assert.equal(second.previous_response_id, first.id);
	}
	const { messages } = await bodyWith(site, `snow-${word}-previous-kimi-k3.`);
	assert.deepEqual(messages.map((m) => m.role),
		['user', 'assistant', 'tool']);
	assert.equal(messages[1].reasoning_content, 'where?');
}

async function toolByInput({ openai, site, word }) {
	for (const [model, members] of Object.entries(calling)) {
		const mark = `${word}-input-${model}.`;
		await laid(site, `snow-${mark}`, { answer: 'It snows.' });
		await laid(site, mark, members);
		const input = [{ role: 'user', content: mark }];
		const first = await openai.responses.create({ model, tools, input });
		const second = await openai.responses.create({ model, tools,
			input: [...input, ...first.output,
				resultOf(first, `snow-${mark}`)] });
		assert.equal(second.output_text, 'It snows.');
	}
	const { messages } = await bodyWith(site, `snow-${word}-input-kimi-k3.`);
	assert.equal(messages[1].reasoning_content, 'where?');
}

async function retrieve({ openai }) {
	const done = await openai.responses.create(ask(scene({ answer: 'kept',
		reasoning: 'hm' }), { model: 'kimi-k3', user: 'me' }));
	const { _request_id, ...got } = await openai.responses.retrieve(done.id);
	assert.ok(_request_id);
	assert.deepEqual({ ...got }, JSON.parse(JSON.stringify(done)));
	await openai.responses.delete(done.id);
	await assert.rejects(openai.responses.retrieve(done.id), { status: 404 });
	await assert.rejects(openai.responses.delete(done.id), { status: 404 });
}

async function inputItems({ openai }) {
	const first = await openai.responses.create(ask('in the first'));
	const done = await openai.responses.create(ask([
		{ role: 'user', content: 'one' },
		{ role: 'assistant', content: 'two' },
		{ role: 'user', content: [{ type: 'input_text', text: 'three' }] }],
	{ previous_response_id: first.id }));
	const list = async (query) => {
		const texts = [];
		for await (const item of openai.responses.inputItems.list(done.id,
			query))
			texts.push(`${item.role} ${item.content[0].text}`);
		return texts;
	};
	const said = ['user one', 'assistant two', 'user three'];
	assert.deepEqual(await list(), [...said].reverse());
	assert.deepEqual(await list({ order: 'asc', limit: 1 }), said);
}

async function count({ openai }) {
	const one = await openai.responses.inputTokens.count(ask('hello'));
	const more = await openai.responses.inputTokens.count(ask(
		'hello '.repeat(100), { instructions: 'Be brief.', tools }));
	assert.ok(one.input_tokens > 0 && more.input_tokens > one.input_tokens);
}

async function compact({ openai, site, word }) {
	for (const model of models) {
		const name = `${word}-compacted-${model}`;
		const first = await openai.responses.create(ask(name, { model }));
		await laid(site, name, { answer: `About ${name}.` });
		const input = [{ role: 'user', content: name }, ...first.output];
		const { output, usage } = await openai.responses.compact({ model,
			input });
		assert.ok(usage.input_tokens > 0 && usage.output_tokens > 0);
		const next = await openai.responses.create(ask([...output,
			{ role: 'user', content: 'recall' }], { model }));
		assert.ok(next.output_text.includes(`About ${name}.`));
	}
}

async function abort({ openai, site, word, OpenAI }) {
	const before = (await site.fake.stats()).streams_aborted;
	const mark = `${word}-response-aborted`;
	const endless = (text) => ask(scene({ answer: 'word ', repeat: 100,
		chunks: 100, chunk_ms: 100 }, text), { store: false });
	const s = await openai.responses.create({ ...endless(), stream: true });
	for await (const event of s)
		if (event.type === 'response.output_text.delta')
			s.controller.abort();
	const controller = new AbortController();
	const whole = openai.responses.create(endless(mark),
		{ signal: controller.signal });
	await Promise.all([assert.rejects(whole, OpenAI.APIUserAbortError),
		abortOnceAsked(site, mark, controller)]);
	await until('the streams at Kimi end', async () =>
		(await site.fake.stats()).streams_aborted >= before + 2);
}

const slowly = (answer, ms) => scene({ answer, chunks: 8, chunk_ms: ms });

async function background({ openai }) {
	const begun = await openai.responses.create(ask(slowly('late', 60),
		{ background: true }));
	assert.match(begun.status, /^(queued|in_progress)$/);
	assert.equal(begun.background, true);
	const done = await until('it is completed', async () => {
		const now = await openai.responses.retrieve(begun.id);
		return now.status === 'completed' && now;
	});
	assert.equal(done.output_text, 'late');
}

async function cancel({ openai, OpenAI }) {
	const begun = await openai.responses.create(ask(slowly('never', 2000),
		{ background: true }));
	const cancelled = await openai.responses.cancel(begun.id);
	assert.equal(cancelled.status, 'cancelled');
	assert.equal((await openai.responses.retrieve(begun.id)).status,
		'cancelled');
	const done = await openai.responses.create(ask('not in the background'));
	await assert.rejects(openai.responses.cancel(done.id),
		OpenAI.BadRequestError);
}

async function resume({ openai }) {
	const events = [];
	const s = await openai.responses.create(ask(slowly('one two three four',
		50), { stream: true }));
	for await (const event of s) {
		events.push(event);
		if (event.type === 'response.output_text.delta')
			break;
	}
	const [{ response: { id } }] = events;
	const starting_after = events.at(-1).sequence_number;
	for await (const event of await openai.responses.retrieve(id,
		{ stream: true, starting_after }))
		events.push(event);
	assert.equal(events.at(-1).response.output_text
		?? events.at(-1).response.output[0].content[0].text,
	'one two three four');
	assert.deepEqual(events.map((e) => e.sequence_number),
		events.map((_, i) => i));
	const again = openai.responses.stream({ response_id: id });
	assert.equal((await again.finalResponse()).output_text,
		'one two three four');
}

async function errors({ openai, OpenAI }) {
	const bad = (body, code) => fails(openai.responses.create(body),
		OpenAI.BadRequestError, code);
	await bad({ model: 'k2' }, 'missing_required_parameter');
	await bad({ input: 'hello' }, 'missing_required_parameter');
	await bad(ask('hello', { previous_response_id:
		`resp_${'x'.repeat(24)}` }), 'previous_response_not_found');
	await assert.rejects(openai.responses.retrieve('resp_none'),
		OpenAI.NotFoundError);
	await assert.rejects(openai.conversations.retrieve('conv_none'),
		OpenAI.NotFoundError);
	const s = openai.responses.stream(ask(scene({ error_after: 1,
		error: { error_type: 'x', message: 'tired' } })));
	const final = await s.finalResponse().catch((e) => ({ status: e }));
	assert.ok(final.status === 'failed'
		|| final.status instanceof OpenAI.OpenAIError, `${final.status}`);
}

async function conversation({ openai }) {
	const { conversations } = openai;
	const made = await conversations.create({ metadata: { a: 'b' } });
	assert.match(made.id, /^conv_/);
	assert.deepEqual((await conversations.retrieve(made.id)).metadata,
		{ a: 'b' });
	const updated = await conversations.update(made.id,
		{ metadata: { c: 'd' } });
	assert.deepEqual(updated.metadata, { c: 'd' });
	assert.equal((await conversations.delete(made.id)).deleted, true);
	await assert.rejects(conversations.retrieve(made.id), { status: 404 });
	assert.deepEqual((await conversations.create()).metadata, {});
}

const user = (text) => ({ type: 'message', role: 'user', content: text });

async function items({ openai }) {
	const { conversations } = openai;
	const { id } = await conversations.create({ items: [user('one')] });
	const added = await conversations.items.create(id, { items: [
		user('two'), { role: 'assistant', content: [
			{ type: 'output_text', text: 'three' }] }] });
	assert.deepEqual(added.data.map((item) => item.content[0].text),
		['two', 'three']);
	const list = async (query) => {
		const texts = [];
		for await (const item of conversations.items.list(id, query))
			texts.push(item.content[0].text);
		return texts;
	};
	assert.deepEqual(await list(), ['three', 'two', 'one']);
	assert.deepEqual(await list({ order: 'asc', limit: 2 }),
		['one', 'two', 'three']);
	const [two] = added.data;
	assert.deepEqual((await conversations.items.retrieve(two.id,
		{ conversation_id: id })).content, two.content);
	assert.equal((await conversations.items.delete(two.id,
		{ conversation_id: id })).id, id);
	assert.deepEqual(await list({ order: 'asc' }), ['one', 'three']);
	await assert.rejects(conversations.items.retrieve(two.id,
		{ conversation_id: id }), { status: 404 });
}

async function talk({ openai, word }) {
	for (const model of models) {
		const { id } = await openai.conversations.create({
			items: [user(`my ${word} boat is Ra`)] });
		await openai.responses.create(ask('my cat is Tom',
			{ model, conversation: id }));
		const all = await openai.responses.create(ask('recall',
			{ model, conversation: { id } }));
		assert.match(all.output_text, /boat is Ra[^]*cat is Tom/);
		assert.equal(all.conversation.id, id);
		const kinds = [];
		for await (const item of openai.conversations.items.list(id,
			{ order: 'asc' }))
			if (item.type === 'message')
				kinds.push(item.role);
		assert.deepEqual(kinds,
			['user', 'user', 'assistant', 'user', 'assistant']);
	}
}
