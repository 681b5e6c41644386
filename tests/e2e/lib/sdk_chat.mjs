// SPDX-License-Identifier: MIT
// What a version of the openai package does with chat completions, legacy
// completions, models and files. `sdk` is { site, openai, client, OpenAI,
// toFile, word }, see openai_sdk.test.mjs.

import assert from 'node:assert/strict';
import { slack, until } from './process.mjs';
import { scene } from './http.mjs';
import { laid, platformKey, sentWith } from './kimi.mjs';

export const city = { type: 'object', properties: {
	city: { type: 'string' } }, required: ['city'],
additionalProperties: false };
const tools = [{ type: 'function', function: { name: 'weather',
	description: 'Weather of a city', parameters: city } }];

// A tool call as each service makes it. k2 has no tools: this is what a model
// writes when they are emulated.
export const calling = { 'kimi-k3': { reasoning: 'where?', tool_calls: [
	{ id: 'weather:0', name: 'weather', arguments: '{"city":"Oslo"}' }] },
k2: { answer: '<tool_call>{"name":"weather","arguments":{"city":"Oslo"}}'
	+ '</tool_call>', cut_bytes: 1 } };
export const models = Object.keys(calling);
export const sources = [{ url: 'https://one.example/', title: 'One',
	site_name: 'one' }];

const ask = (content, more) => ({ model: 'k2',
	messages: [{ role: 'user', content }], ...more });

export const chatChecks = (sdk) => [
	['lists and retrieves models', () => listModels(sdk)],
	['uploads, lists, reads and deletes a file', () => files(sdk)],
	['creates a chat completion', () => create(sdk)],
	['reads a chat stream', () => stream(sdk)],
	['folds a chat stream with its helper', () => helper(sdk)],
	['parses structured output', () => parse(sdk)],
	['brings a tool\'s result back', () => toolTrip(sdk)],
	['runs a tool to its end', () => runTools(sdk)],
	['aborts a chat', () => abort(sdk)],
	['throws each of its error classes', () => errors(sdk)],
	['throws for an error in the middle of a stream', () => middle(sdk)],
	['retries what may be retried', () => retries(sdk)],
	['creates legacy completions', () => completions(sdk)],
	['keeps a conversation under a path of its own', () => talk(sdk)],
	['stores chat completions', () => stored(sdk)],
	['pages through stored completions', () => pages(sdk)],
];

async function listModels({ openai }) {
	const ids = [];
	for await (const model of openai.models.list())
		ids.push(model.id);
	assert.ok(ids.includes('k2') && ids.includes('kimi-k3'));
	assert.equal((await openai.models.retrieve('k1.5')).id, 'k1.5');
}

async function files({ openai, toFile, word }) {
	const text = `a file of ${word}`;
	const file = await openai.files.create({ purpose: 'user_data',
		file: await toFile(Buffer.from(text), 'a.txt') });
	const ids = [];
	for await (const one of openai.files.list({ limit: 1 }))
		ids.push(one.id);
	assert.ok(ids.includes(file.id));
	assert.equal((await openai.files.retrieve(file.id)).filename, 'a.txt');
	assert.equal(await (await openai.files.content(file.id)).text(), text);
	assert.equal((await openai.files.delete(file.id)).deleted, true);
	await assert.rejects(openai.files.retrieve(file.id), { status: 404 });
}

async function create({ openai }) {
	for (const model of models) {
		const { data, response } = await openai.chat.completions.create(
			ask(scene({ answer: 'yes', reasoning: 'hm' }, 'hello'),
				{ model, web_search_options: {} })).withResponse();
		assert.equal(data.choices[0].message.content, 'yes');
		assert.equal(data.model, model);
		assert.equal(data._request_id, response.headers.get('x-request-id'));
	}
}

async function stream({ openai }) {
	for (const model of ['k1.5', 'k2', 'kimi-k3'])
		for (const include_usage of [true, false]) {
			let text = '';
			let usage;
			for await (const chunk of await openai.chat.completions.create(
				ask(scene({ answer: 'one two three', reasoning: 'hm',
					search: sources }), { model, stream: true,
					stream_options: { include_usage } }))) {
				text += chunk.choices[0]?.delta.content || '';
				usage ||= chunk.usage;
			}
			assert.equal(text, 'one two three');
			assert.equal(Boolean(usage?.completion_tokens), include_usage);
		}
}

async function helper({ openai }) {
	for (const [model, members] of Object.entries(calling)) {
		const s = openai.chat.completions.stream(ask(scene(members),
			{ model, tools, stream_options: { include_usage: true } }));
		const done = [];
		s.on('tool_calls.function.arguments.done', (e) => done.push(e));
		const final = await s.finalChatCompletion();
		assert.equal(final.choices[0].finish_reason, 'tool_calls');
		assert.deepEqual(done.map((e) => [e.name, e.arguments]),
			[['weather', '{"city":"Oslo"}']]);
		assert.ok((await s.totalUsage()).total_tokens > 0);
	}
}

async function parse({ openai }) {
	for (const model of models) {
		const format = { type: 'json_schema', json_schema: { name: 'out',
			strict: true, schema: city } };
		const body = ask(scene({ answer: '{"city":"Oslo"}' }),
			{ model, response_format: format });
		const done = await openai.chat.completions.parse(body);
		assert.deepEqual(done.choices[0].message.parsed, { city: 'Oslo' });
	}
}

async function toolTrip({ openai, site, word }) {
	for (const [model, members] of Object.entries(calling)) {
		const trip = `${word}-chat-trip-${model}`;
		await laid(site, `${word}-snow-${model}`, { answer: 'It snows.' });
		await laid(site, trip, members);
		const messages = [{ role: 'user', content: trip }];
		const asked = await openai.chat.completions.create(
			{ model, messages, tools });
		const [{ message }] = asked.choices;
		assert.equal(message.tool_calls[0].function.name, 'weather');
		messages.push(message, { role: 'tool', content:
			`${word}-snow-${model}`, tool_call_id: message.tool_calls[0].id });
		const told = await openai.chat.completions.create(
			{ model, messages, tools });
		assert.equal(told.choices[0].message.content, 'It snows.');
	}
}

async function runTools({ openai, site, word }) {
	for (const [model, members] of Object.entries(calling))
		for (const stream of [false, true]) {
			const cities = [];
			const mark = `${word}-run-${model}-${stream}.`;
			await laid(site, `snow-${mark}`, { answer: 'It snows.' });
			await laid(site, mark, members);
			const runner = openai.chat.completions.runTools(ask(mark, {
				model, stream, tools: [{ type: 'function', function: {
					name: 'weather', parse: JSON.parse,
					description: 'Weather of a city', parameters: city,
					function: (args) => {
						cities.push(args.city);
						return `snow-${mark}`;
					} } }] }));
			assert.equal(await runner.finalContent(), 'It snows.');
			assert.deepEqual(cities, ['Oslo']);
		}
}

// Only a request that has reached Kimi can be aborted there.
export const abortOnceAsked = async (site, word, controller) => {
	await until('Kimi is asked', async () =>
		(await sentWith(site, word)).length > 0);
	controller.abort();
};

async function abort({ openai, site, word, OpenAI }) {
	const before = (await site.fake.stats()).streams_aborted;
	const mark = `${word}-chat-aborted`;
	const endless = (text) => ask(scene({ answer: 'word ', repeat: 100,
		chunks: 100, chunk_ms: 100 }, text));
	const s = await openai.chat.completions.create({ ...endless(),
		stream: true });
	for await (const chunk of s)
		if (chunk.choices[0].delta.content)
			s.controller.abort();
	const controller = new AbortController();
	const whole = openai.chat.completions.create(endless(mark),
		{ signal: controller.signal });
	await Promise.all([assert.rejects(whole, OpenAI.APIUserAbortError),
		abortOnceAsked(site, mark, controller)]);
	await assert.rejects(openai.chat.completions.create(endless(),
		{ timeout: 1000 * slack }), OpenAI.APIConnectionTimeoutError);
	await until('the streams at Kimi end', async () =>
		(await site.fake.stats()).streams_aborted >= before + 3);
}

export async function fails(promise, type, code) {
	await assert.rejects(promise, (e) => {
		assert.ok(e instanceof type, `${e.constructor.name} ${e}`);
		assert.equal(e.code, code);
		assert.ok(e.requestID, 'no request id');
		return true;
	});
}

async function errors({ openai, client, OpenAI, word }) {
	const { completions } = openai.chat;
	await fails(completions.create({ model: 'k2', messages: [] }),
		OpenAI.BadRequestError, 'missing_required_parameter');
	await fails(client({ apiKey: '?' }).chat.completions.create(ask('hello')),
		OpenAI.AuthenticationError, 'invalid_api_key');
	await fails(openai.models.retrieve('none'), OpenAI.NotFoundError,
		'model_not_found');
	const fault = (name) => client({ apiKey: platformKey(word) })
		.chat.completions.create(ask(scene({ fault: name }),
			{ model: 'kimi-k3' }));
	await fails(fault('permission_denied'), OpenAI.PermissionDeniedError,
		null);
	await fails(fault('rpm'), OpenAI.RateLimitError, 'rate_limit_exceeded');
	await fails(fault('server_error'), OpenAI.InternalServerError,
		'upstream_error');
	await fails(fault('token_limit'), OpenAI.BadRequestError,
		'context_length_exceeded');
	await assert.rejects(client({ baseURL: 'http://127.0.0.1:9/v1' })
		.models.list(), OpenAI.APIConnectionError);
}

async function middle({ client, OpenAI, word }) {
	const s = await client({ apiKey: platformKey(word) })
		.chat.completions.create(ask(scene({ error_after: 2,
			error: { type: 'server_error', message: 'oops' } }),
		{ model: 'kimi-k3', stream: true }));
	let chunks = 0;
	await assert.rejects(async () => {
		for await (const chunk of s)
			chunks += Boolean(chunk.choices[0].delta.content);
	}, OpenAI.APIError);
	assert.equal(chunks, 2);
}

async function retries({ client, site, word }) {
	const apiKey = platformKey(`${word}-again`);
	await site.fake.scenes({ match: { token: apiKey.slice(9) }, times: 1,
		scene: { fault: 'rpm' } });
	const done = await client({ apiKey, maxRetries: 2 }).chat.completions
		.create(ask('hello', { model: 'kimi-k3' }));
	assert.match(done.choices[0].message.content, /hello/);
}

async function completions({ openai, site, word }) {
	for (const model of models) {
		const done = await openai.completions.create({ model,
			prompt: scene({ answer: 'and so on', reasoning: '' }, 'once') });
		assert.equal(done.choices[0].text, 'and so on');
		const echoed = await openai.completions.create({ model,
			prompt: [`${word} first`], echo: true });
		assert.match(echoed.choices[0].text, new RegExp(`^${word} first`));
		const several = await openai.completions.create({ model, n: 2,
			prompt: ['one', 'two'], echo: true });
		assert.deepEqual(several.choices.map((c) => [c.index,
			c.text.slice(0, 3)]),
		[[0, 'one'], [1, 'one'], [2, 'two'], [3, 'two']]);
		await assert.rejects(openai.completions.create({ model,
			prompt: [1, 2] }), { status: 400, param: 'prompt' });
		let text = '';
		let usage;
		for await (const chunk of await openai.completions.create({ model,
			prompt: scene({ answer: 'and so on' }, `${word}-legacy-stream`),
			stream: true, max_tokens: 500,
			stream_options: { include_usage: true } })) {
			text += chunk.choices[0]?.text || '';
			usage ||= chunk.usage;
		}
		assert.equal(text, 'and so on');
		assert.ok(usage.total_tokens > 0);
	}
	assert.equal((await sentWith(site, `${word}-legacy-stream`)).length, 2);
}

async function talk({ openai, word }) {
	const say = (text) => openai.post(`/chat/completions/${word}-talk`,
		{ body: ask(text) });
	await say('my boat is Ra');
	assert.match((await say('recall')).choices[0].message.content,
		/my boat is Ra/);
}

async function stored({ openai, word }) {
	const { completions } = openai.chat;
	const metadata = { of: `${word}-stored` };
	const done = await completions.create(ask(scene({ answer: 'kept',
		reasoning: 'hm' }, 'keep it'), { model: 'kimi-k3', store: true,
		metadata }));
	const got = await completions.retrieve(done.id);
	assert.deepEqual(got.choices, done.choices);
	assert.deepEqual(got.usage, done.usage);
	assert.deepEqual(got.metadata, metadata);
	const said = [];
	for await (const message of completions.messages.list(done.id))
		said.push([message.role, message.content]);
	assert.equal(said.length, 1);
	assert.equal(said[0][0], 'user');
	assert.match(said[0][1], /^keep it/);
	const changed = await completions.update(done.id,
		{ metadata: { of: `${word}-changed` } });
	assert.deepEqual(changed.metadata, { of: `${word}-changed` });
	const unkept = await completions.create(ask('not kept', { metadata }));
	await assert.rejects(completions.retrieve(unkept.id), { status: 404 });
	assert.deepEqual(await completions.delete(done.id), {
		object: 'chat.completion.deleted', id: done.id, deleted: true });
	await assert.rejects(completions.retrieve(done.id), { status: 404 });
	await assert.rejects(completions.delete(done.id), { status: 404 });
}

async function pages({ openai, word }) {
	const { completions } = openai.chat;
	const metadata = { of: `${word}-pages` };
	const made = [];
	for (let i = 0; i < 3; i++) {
		// One of them is assembled from its stream.
		const body = ask(scene({ answer: `page ${i}` }), { store: true,
			metadata });
		const done = i === 1 ? await completions.stream(body)
			.finalChatCompletion() : await completions.create(body);
		made.push(done.id);
	}
	const list = async (query) => {
		const found = [];
		for await (const one of completions.list({ metadata, limit: 2,
			...query }))
			found.push(one.id);
		return found;
	};
	assert.deepEqual(await list(), made);
	assert.deepEqual(await list({ order: 'desc' }), [...made].reverse());
	assert.deepEqual(await list({ after: made[0] }), made.slice(1));
	assert.deepEqual(await list({ model: 'kimi-k3' }), []);
}
