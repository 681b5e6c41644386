// SPDX-License-Identifier: MIT
// The official openai package as a client. `npm install` in this folder.

import assert from 'node:assert/strict';
import { until } from './lib/process.mjs';
import { scene } from './lib/http.mjs';
import { withSite } from './lib/suite.mjs';

const { default: OpenAI } = await import('openai');

// Node 18's fetch keeps the connection open and reads on after an abort:
// there the server cannot know. Clients that close are in stream.test.mjs.
const abortCloses = Number(process.versions.node.split('.')[0]) >= 20;

withSite('openai SDK', 'lighttpd_fastcgi', {}, async (check, site) => {
	const client = (options) => new OpenAI({ apiKey: 'sk-test',
		baseURL: `http://127.0.0.1:${site.port}/v1`, maxRetries: 0,
		...options });
	const openai = client();
	const ask = (content, more) => ({ model: 'k2',
		messages: [{ role: 'user', content }], ...more });
	const tools = [{ type: 'function', function: { name: 'weather',
		parameters: { type: 'object',
			properties: { city: { type: 'string' } } } } }];
	const called = { 'kimi-k3': { tool_calls: [{ id: 'weather:0',
		name: 'weather', arguments: '{"city":"Oslo"}' }] },
	// No tools there: what a model writes when they are emulated.
	k2: { answer: '<tool_call>{"name":"weather","arguments":'
		+ '{"city":"Oslo"}}</tool_call>', cut_bytes: 1 } };

	await Promise.all([
		check('lists and retrieves models', models),
		check('creates a completion', create),
		check('reads a stream', stream),
		check('the stream helper folds it', helper),
		check('runs a tool to its end', runTools),
		check('parses structured output', parse),
		check('aborts a stream', abort),
		check('throws its own error classes', errors),
		check('throws for an error in the middle of a stream', middle),
		check('retries what may be retried', retries),
		check('keeps a conversation under a base URL of its own',
			conversation),
	]);

	async function models() {
		const ids = [];
		for await (const model of openai.models.list())
			ids.push(model.id);
		assert.ok(ids.includes('k2') && ids.includes('kimi-k3'));
		assert.equal((await openai.models.retrieve('k1.5')).id, 'k1.5');
	}

	async function create() {
		const { data, response } = await openai.chat.completions
			.create(ask('hello')).withResponse();
		assert.equal(data.choices[0].message.content,
			'This is the fake Kimi. You said: hello');
		assert.ok(data.usage.total_tokens > 0);
		assert.equal(data._request_id,
			response.headers.get('x-request-id'));
	}

	async function stream() {
		let text = '';
		let usage;
		for await (const chunk of await openai.chat.completions.create(
			ask('hello', { stream: true,
				stream_options: { include_usage: true } }))) {
			text += chunk.choices[0]?.delta.content || '';
			usage ||= chunk.usage;
		}
		assert.match(text, /You said: hello$/);
		assert.ok(usage.completion_tokens > 0);
	}

	async function helper() {
		for (const [model, members] of Object.entries(called)) {
			const s = openai.chat.completions.stream(ask(scene(members),
				{ model, tools }));
			const done = [];
			s.on('tool_calls.function.arguments.done',
				(e) => done.push(e));
			const final = await s.finalChatCompletion();
			assert.equal(final.choices[0].finish_reason, 'tool_calls');
			assert.deepEqual(done.map((e) => [e.name, e.arguments]),
				[['weather', '{"city":"Oslo"}']]);
		}
	}

	async function runTools() {
		for (const [model, members] of Object.entries(called)) {
			const cities = [];
			const word = `sdk-tool-trip-${model}`;
			await site.fake.scenes([
				{ match: { prompt: 'snow in Oslo' }, times: 1,
					scene: { answer: 'It snows.' } },
				{ match: { prompt: word }, times: 1,
					scene: { reasoning: 'where?', ...members } }]);
			const runner = openai.chat.completions.runTools(ask(word, {
				model, tools: [{ type: 'function', function: {
					name: 'weather', parse: JSON.parse,
					parameters: tools[0].function.parameters,
					function: ({ city }) => {
						cities.push(city);
						return `snow in ${city}`;
					} } }] }));
			assert.equal(await runner.finalContent(), 'It snows.');
			assert.deepEqual(cities, ['Oslo']);
		}
	}

	async function parse() {
		for (const model of Object.keys(called)) {
			const done = await openai.chat.completions.parse(ask(
				scene({ answer: '{"a":"b"}' }), { model,
					response_format: { type: 'json_schema',
						json_schema: { name: 'out', strict: true,
							schema: { type: 'object', properties: {
								a: { type: 'string' } } } } } }));
			assert.deepEqual(JSON.parse(
				done.choices[0].message.content), { a: 'b' });
		}
	}

	async function abort() {
		const before = (await site.fake.stats()).streams_aborted;
		const s = await openai.chat.completions.create(ask(scene({
			answer: 'word ', repeat: 100, chunks: 100, chunk_ms: 100 }),
		{ stream: true }));
		for await (const chunk of s)
			if (chunk.choices[0].delta.content)
				s.controller.abort();
		assert.ok(s.controller.signal.aborted);
		if (abortCloses)
			await until('the upstream stream ends', async () =>
				(await site.fake.stats()).streams_aborted > before);
	}

	async function errors() {
		const fails = (promise, type, code) =>
			assert.rejects(promise, (e) => {
				assert.ok(e instanceof type, `${e.constructor.name} ${e}`);
				assert.equal(e.code, code);
				assert.ok(e.requestID);
				return true;
			});
		const { completions } = openai.chat;
		await fails(completions.create({ model: 'k2', messages: [] }),
			OpenAI.BadRequestError, 'missing_required_parameter');
		await fails(client({ apiKey: '?' }).chat.completions
			.create(ask('hello')), OpenAI.AuthenticationError,
		'invalid_api_key');
		await fails(openai.models.retrieve('none'), OpenAI.NotFoundError,
			'model_not_found');
		const key = (name) => client({ apiKey: `platform:sk-of-the-sdk-${name}` })
			.chat.completions;
		await fails(key('rate').create(ask(scene({ status: 429,
			body: { error: { type: 'rate_limit_reached_error',
				message: 'slow' } } }), { model: 'kimi-k3' })),
		OpenAI.RateLimitError, 'rate_limit_exceeded');
		await fails(key('broken').create(ask(scene({ status: 500 }),
			{ model: 'kimi-k3' })), OpenAI.InternalServerError,
		'upstream_error');
	}

	async function middle() {
		const s = await client({ apiKey: 'platform:sk-for-sdk-middle' })
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

	async function retries() {
		const token = 'sk-for-sdk-retries';
		await site.fake.scenes({ match: { token }, times: 1, scene: {
			status: 429, headers: { 'Retry-After': '1' },
			body: { error: { type: 'engine_overloaded_error',
				message: 'busy' } } } });
		const done = await client({ apiKey: `platform:${token}`, maxRetries: 2 })
			.chat.completions.create(ask('hello', { model: 'kimi-k3' }));
		assert.match(done.choices[0].message.content, /hello/);
	}

	async function conversation() {
		const talk = (text) => openai.post('/chat/completions/sdk-talk',
			{ body: ask(text) });
		await talk('my boat is Ra');
		assert.match((await talk('recall')).choices[0].message.content,
			/my boat is Ra/);
	}
});
