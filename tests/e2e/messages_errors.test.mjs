// SPDX-License-Identifier: MIT
// Errors of Anthropic Messages: the client's, Kimi's, and those in the middle
// of a reply.

import assert from 'node:assert/strict';
import { call, scene, Stream } from './lib/http.mjs';
import { platformKey } from './lib/kimi.mjs';
import { checkError, checkStream } from
	'./lib/anthropic_shapes.mjs';
import { withSite } from './lib/suite.mjs';

const PATH = '/v1/messages';
const user = (content) => ({ role: 'user', content });
const ask = (content, more) => ({ model: 'kimi-k2.6', max_tokens: 1000,
	messages: [user(content)], ...more });
const weather = { name: 'weather', description: 'Tells the weather',
	input_schema: { type: 'object', properties: {
		city: { type: 'string' } } } };

withSite('failing messages', 'lighttpd_fastcgi', {}, async (check, site) => {
	const post = (body, request = {}) => call(site, request.path || PATH,
		{ ...request, body });
	const fails = async (body, status, request) => {
		const r = await post(body, request);
		assert.equal(r.status, status, r.text);
		return checkError(r.json, status);
	};
	// With a credential of its own, as one that failed cools down.
	const streamed = async (body) => {
		const s = new Stream(site, PATH, { key: platformKey(),
			body: { ...body, stream: true } });
		assert.equal(await s.done, 'end');
		assert.equal(s.status, 200, s.raw);
		return checkStream(s.raw);
	};

	await Promise.all([
		check('wrong requests get errors of Anthropic\'s shape', wrong),
		check('so do Kimi\'s failures', failures),
		check('... and those in the middle of a stream', middle),
		check('a prompt that is too long is reported in numbers', tooLong),
	]);

	async function wrong() {
		for (const [body, status, message] of [
			['', 400, /empty/], ['{', 400, /JSON/], ['[]', 400, /object/],
			[{ model: 'k2', messages: [user('x')] }, 400,
				/^max_tokens: Field required$/],
			[{ max_tokens: 1, messages: [user('x')] }, 400,
				/^model: Field required$/],
			[ask('x', { messages: [] }), 400, /^messages: /],
			[ask([{ type: 'text' }]), 400,
				/^messages\.0\.content\.0\.text: Field required$/],
			[ask('x', { messages: [user('x'), user([{ content: 'y',
				type: 'tool_result', tool_use_id: 'none' }])] }), 400,
			/^messages\.1\.content\.0\.tool_use_id: No tool call found for/],
			[ask('x', { temperature: 2 }), 400, /temperature/],
			[ask('x', { model: 'none' }), 404, /'none' does not exist/],
		])
			for (const stream of [false, true]) {
				const e = await fails(typeof body === 'string' ? body
					: { ...body, stream }, status);
				assert.match(e.message, message);
			}
		const thread = await post(ask('x', { thread: { type: 'create' } }));
		assert.equal(thread.status, 400);
		assert.deepEqual(thread.json.error.details, {
			error_code: 'thread_unsupported_request',
			unsupported: ['thread'] });
		const r = await call(site, PATH);
		assert.equal(r.status, 405);
		checkError(r.json, 405);
		await fails(`"${'x'.repeat(33 << 20)}"`, 413);
		const below = await post({}, { path: `${PATH}/none` });
		assert.equal(below.status, 404);
		checkError(below.json, 404);
	}

	async function failures() {
		await Promise.all([
			['content_filter', 400], ['invalid_authentication', 401],
			['permission_denied', 403], ['model_not_found', 404],
			['insufficient_balance', 402], ['rpm', 429],
			['engine_overloaded', 529],
			['too_large_page', 413], ['not_found_page', 404],
			['unauthorized_page', 401], ['context_window', 400],
			['server_error', 502],
			['server_unavailable', 529], ['gateway_timeout', 504],
		].map(async ([fault, status]) => {
			for (const stream of [false, true]) {
				const r = await post(ask(scene({ fault }), { stream }),
					{ key: platformKey() });
				assert.equal(r.status, status, `${fault}: ${r.text}`);
				checkError(r.json, status);
				const row = await site.row(r.headers['x-request-id']);
				assert.equal(row.http_status, status, fault);
				if (status === 429)
					assert.ok(r.headers['retry-after'] > 0, fault);
				assert.equal(r.headers['x-should-retry'],
					status === 402 ? 'false' : undefined);
			}
		}));
	}

	async function middle() {
		const { message, failure } = await streamed(ask(scene({
			answer: 'one two three', error_after: 2,
			error: { type: 'server_error', message: 'oops' } })));
		assert.equal(message.stop_reason, null);
		assert.equal(failure.type, 'api_error');
		const calls = ask(scene({ tool_calls: [{ id: 'f:0', name: 'weather',
			arguments: '{"city":"Os"lo"}' }] }), { tools: [weather] });
		assert.match((await streamed(calls)).failure.message,
			/not a JSON object/);
		const r = await post(calls);
		assert.equal(r.status, 502);
		assert.match(checkError(r.json, 502).message, /not a JSON object/);
	}

	async function tooLong() {
		const r = await post(ask(scene({ fault: 'token_limit' })),
			{ key: platformKey() });
		assert.equal(r.status, 400);
		assert.match(checkError(r.json, 400).message,
			/^prompt is too long: \d+ tokens > 262144 maximum$/);
		const e = await fails(ask('word '.repeat(300000)), 400);
		const [, asked, most] = /^prompt is too long: (\d+) tokens > (\d+) maximum$/
			.exec(e.message) || assert.fail(e.message);
		assert.ok(Number(asked) > Number(most));
		assert.equal(most, '262144');
	}
});
