// SPDX-License-Identifier: MIT
// The official @anthropic-ai/sdk as a client: the newest and one major version
// back, which send keys, versions and betas of their own.
// Needs Node 22: Node 18's fetch leaves a connection open after an abort.

import assert from 'node:assert/strict';
import { until } from './lib/process.mjs';
import { scene } from './lib/http.mjs';
import { bodyWith, laid, platformKey } from './lib/kimi.mjs';
import { checkError, checkMessage } from './lib/anthropic_shapes.mjs';
import { withSite } from './lib/suite.mjs';

const settings = { KIMI_MODEL_ALIASES: 'claude-*=kimi-k2.6' };
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'),
	Buffer.alloc(50, 9)]).toString('base64');

for (const name of ['anthropic', 'anthropic-back']) {
	const Anthropic = (await import(name)).default;
	const classes = await import(name);
	const { betaTool } = await import(`${name}/helpers/beta/json-schema`);
	const { jsonSchemaOutputFormat } =
		await import(`${name}/helpers/json-schema`);

	withSite(name, 'lighttpd_fastcgi', { settings }, async (check, site) => {
		const client = (options) => new Anthropic({ apiKey: 'sk-test',
			baseURL: `http://127.0.0.1:${site.port}`, maxRetries: 0,
			...options });
		const anthropic = client();
		const ask = (content, more) => ({ model: 'claude-opus-5-5',
			max_tokens: 1000, messages: [{ role: 'user', content }],
			...more });
		const schema = { type: 'object', properties: {
			city: { type: 'string' } }, required: ['city'],
		additionalProperties: false };
		const tools = [{ name: 'weather', description: 'Tells the weather',
			input_schema: schema }];
		const called = { reasoning: 'where?', answer: 'Let me look.',
			tool_calls: [{ id: 'weather:0', name: 'weather',
				arguments: '{"city":"Oslo"}' }] };
		// What the SDK adds to a body is not ours.
		const checked = (message) => {
			const { _request_id, parsed_output, ...rest } =
				JSON.parse(JSON.stringify(message));
			for (const block of rest.content) {
				delete block.parsed_output;
				delete block.parsed;
			}
			return checkMessage(rest);
		};

		await Promise.all([
			check('creates a message', create),
			check('takes the key by either header', keys),
			check('reads a stream', stream),
			check('the stream helper assembles it', helper),
			check('shows thinking and sends it back', thinking),
			check('completes a tool call', runTools),
			check('sees images', images),
			check('parses structured output', parse),
			check('counts tokens', count),
			check('lists and retrieves models', models),
			check('aborts a stream', abort),
			check('throws its own error classes', errors),
			check('throws for an error in the middle of a stream', middle),
			check('retries what can be retried', retries),
			check('its beta methods work the same way', beta),
		]);

		async function create() {
			const { data, response } = await anthropic.messages
				.create(ask('hello')).withResponse();
			assert.equal(checked(data).content[0].text,
				'This is the fake Kimi. You said: hello');
			assert.equal(data._request_id,
				response.headers.get('request-id'));
			assert.match(data._request_id, /^req_/);
		}

		async function keys() {
			for (const options of [{ apiKey: 'sk-other' },
				{ apiKey: null, authToken: 'sk-other' }])
				checked(await client(options).messages.create(ask('hi')));
		}

		async function stream() {
			let said = '';
			const seen = new Set();
			for await (const event of await anthropic.messages.create(
				ask('hello', { stream: true }))) {
				seen.add(event.type);
				said += event.delta?.text || '';
			}
			assert.match(said, /You said: hello$/);
			assert.ok(seen.has('message_start') && seen.has('message_stop'));
		}

		async function helper() {
			const s = anthropic.messages.stream(ask(scene({
				answer: 'Grüße aus 北京', ...{ cut_bytes: 1 } })));
			const pieces = [];
			s.on('text', (delta) => pieces.push(delta));
			const final = checked(await s.finalMessage());
			assert.equal(final.content[0].text, 'Grüße aus 北京');
			assert.equal(pieces.join(''), 'Grüße aus 北京');
			assert.equal(await s.finalText(), 'Grüße aus 北京');
			assert.ok(final.usage.output_tokens > 1);
		}

		async function thinking() {
			for (const mode of [{ type: 'enabled', budget_tokens: 1024 },
				{ type: 'adaptive', display: 'omitted' }]) {
				const word = `thoughts-of-${name}-${mode.type}`;
				await laid(site, word, called);
				const asked = ask(word, { tools, thinking: mode });
				const s = anthropic.messages.stream(asked);
				const shown = [];
				s.on('thinking', (delta) => shown.push(delta));
				const { content } = checked(await s.finalMessage());
				assert.equal(shown.join(''),
					mode.display ? '' : 'where?');
				assert.equal(content[0].type, 'thinking');
				await client({ apiKey: 'sk-other' }).messages.create({
					...asked, messages: [...asked.messages,
						{ role: 'assistant', content },
						{ role: 'user', content: [{ type: 'tool_result',
							tool_use_id: content.at(-1).id,
							content: `back-${word}` }] }] });
				const sent = await bodyWith(site, `back-${word}`);
				assert.equal(sent.messages[1].reasoning_content, 'where?');
			}
		}

		async function runTools() {
			for (const streamed of [false, true]) {
				const word = `sdk-tool-${name}-${streamed}`;
				await laid(site, `snow-${word}`, { answer: 'It snows.' });
				await laid(site, word, called);
				const cities = [];
				const runner = anthropic.beta.messages.toolRunner({
					...ask(word), stream: streamed, tools: [betaTool({
						name: 'weather', description: 'Tells the weather',
						inputSchema: schema,
						run: ({ city }) => {
							cities.push(city);
							return `snow-${word}`;
						} })] });
				const final = await runner.runUntilDone();
				assert.equal(final.content[0].text, 'It snows.');
				assert.deepEqual(cities, ['Oslo']);
			}
		}

		async function images() {
			const { content } = await anthropic.messages.create(ask([
				{ type: 'image', source: { type: 'base64', data: png,
					media_type: 'image/png' } },
				{ type: 'text', text: 'look' }]));
			assert.match(content[0].text, /\[image image\/png 58 bytes/);
		}

		async function parse() {
			const done = await anthropic.messages.parse(ask(
				scene({ answer: '{"city":"Oslo"}' }),
				{ output_config: {
					format: jsonSchemaOutputFormat(schema) } }));
			assert.deepEqual(done.parsed_output, { city: 'Oslo' });
		}

		async function count() {
			const n = await anthropic.messages.countTokens({
				model: 'claude-opus-5-5', tools, system: 'Be brief.',
				messages: [{ role: 'user', content: 'hello' }] });
			assert.ok(n.input_tokens > 20 && n.input_tokens < 200);
		}

		async function models() {
			const ids = [];
			for await (const model of anthropic.models.list({ limit: 1000 }))
				ids.push(model.id);
			assert.ok(ids.includes('kimi-k2.6') && ids.includes('k2'));
			assert.equal((await anthropic.models.retrieve('kimi-k3')).id,
				'kimi-k3');
		}

		async function abort() {
			const before = (await site.fake.stats()).streams_aborted;
			const s = anthropic.messages.stream(ask(scene({
				answer: 'word ', repeat: 100, chunks: 100,
				chunk_ms: 100 })));
			s.on('text', () => s.abort());
			await assert.rejects(s.finalMessage(),
				classes.APIUserAbortError);
			await until('the upstream stream ends', async () =>
				(await site.fake.stats()).streams_aborted > before);
		}

		async function errors() {
			const fails = (promise, type, status, kind) =>
				assert.rejects(promise, (e) => {
					assert.ok(e instanceof classes[type],
						`${e.constructor.name} ${e}`);
					assert.equal(e.status, status);
					assert.equal(e.type, kind);
					checkError(e.error, status);
					assert.equal(e.requestID, e.error.request_id);
					return true;
				});
			const failing = (fault) => client({
				apiKey: platformKey() }).messages.create(
				ask(scene({ fault })));
			const { messages } = anthropic;
			await fails(messages.create(ask('x', { messages: [] })),
				'BadRequestError', 400, 'invalid_request_error');
			await fails(client({ apiKey: '?' }).messages.create(ask('x')),
				'AuthenticationError', 401, 'authentication_error');
			await fails(messages.create(ask('x', { model: 'none' })),
				'NotFoundError', 404, 'not_found_error');
			await fails(messages.countTokens({ model: 'none',
				messages: [{ role: 'user', content: 'x' }] }),
			'NotFoundError', 404, 'not_found_error');
			await fails(messages.create(ask('x'.repeat(33 << 20))),
				'APIError', 413, 'request_too_large');
			await fails(failing('token_limit'), 'BadRequestError', 400,
				'invalid_request_error');
			await fails(failing('permission_denied'),
				'PermissionDeniedError', 403, 'permission_error');
			await fails(failing('insufficient_balance'), 'APIError', 402,
				'billing_error');
			await fails(failing('rpm'), 'RateLimitError', 429,
				'rate_limit_error');
			await fails(failing('server_unavailable'),
				name === 'anthropic' ? 'OverloadedError'
					: 'InternalServerError', 529, 'overloaded_error');
			await fails(failing('gateway_timeout'),
				'APIError', 504, 'timeout_error');
			await fails(failing('server_error'), 'InternalServerError', 502,
				'api_error');
		}

		async function middle() {
			const s = client({ apiKey: platformKey() }).messages.stream(
				ask(scene({ answer: 'one two three', error_after: 2,
					error: { type: 'server_error', message: 'oops' } })));
			let said = '';
			s.on('text', (delta) => {
				said += delta;
			});
			await assert.rejects(s.finalMessage(), classes.APIError);
			assert.notEqual(said, '');
		}

		async function retries() {
			const key = platformKey();
			await site.fake.scenes({ match: { token: key.slice(9) },
				times: 1, scene: { status: 429,
					headers: { 'Retry-After': '1' },
					body: { error: { type: 'engine_overloaded_error',
						message: 'busy' } } } });
			const done = await client({ apiKey: key, maxRetries: 2 })
				.messages.create(ask('hello'));
			assert.match(done.content[0].text, /hello/);
		}

		async function beta() {
			const done = await anthropic.beta.messages.create(ask('hello', {
				betas: ['context-1m-2025-08-07'] }));
			checked(done);
			const s = anthropic.beta.messages.stream(ask(scene(called),
				{ tools, thinking: { type: 'adaptive' } }));
			const { content, stop_reason } = await s.finalMessage();
			assert.equal(stop_reason, 'tool_use');
			assert.deepEqual(content.map((b) => b.type),
				['thinking', 'text', 'tool_use']);
			assert.deepEqual(content[2].input, { city: 'Oslo' });
		}
	});
}
