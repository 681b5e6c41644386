// SPDX-License-Identifier: MIT
// What comes with status 200 instead of a stream of events, or in the middle of
// one: a whole reply, an error, a page, nothing. Each is what it is, in every
// dialect, whole and as a stream.

import assert from 'node:assert/strict';
import { call, scene } from './lib/http.mjs';
import { codeKey, platformKey } from './lib/kimi.mjs';
import { withSite } from './lib/suite.mjs';

const dialects = {
	chat: ['/v1/chat/completions', (text) => ({
		messages: [{ role: 'user', content: text }] })],
	responses: ['/v1/responses', (text) => ({ input: text })],
	messages: ['/v1/messages', (text) => ({ max_tokens: 100,
		messages: [{ role: 'user', content: text }] })],
	completions: ['/v1/completions', (text) => ({ prompt: text })],
};

const services = {
	platform: [platformKey, 'kimi-k3'],
	'Kimi Code, Chat flavour': [codeKey, 'k3'],
	'Kimi Code, Messages flavour': [codeKey, 'k3'],
};

const page = '<html><head><title>Just a moment...</title></head></html>';
const error = (type, message) => ({ status: 200, body: { error: { type,
	message } } });
const refusal = (text) => ({ status: 200, body: { type: 'error',
	error: { type: 'authentication_error', message: text } } });

withSite('instead of a stream', 'lighttpd_fastcgi', {},
	async (check, site) => {
		const each = (test) => async () => {
			for (const service of Object.keys(services)) {
				await site.fake.settings({ code_allow:
					service.endsWith('Messages flavour') ? [] : null });
				await test(...services[service], service);
			}
		};
		await check('a whole reply is the reply', each(whole));
		await check('an error is that error', each(errors));
		await check('a page or nothing is no reply', each(nothing));

		async function whole(key, model, what) {
			const tools = [{ id: 'weather:0', name: 'weather',
				arguments: { city: 'Oslo' } }];
			for (const [dialect, text] of await all(key, model, {
				whole: true, answer: 'All at once.' })) {
				assert.match(text, /All at once\./, `${what} ${dialect}`);
				assert.ok(!/"error":\{/.test(text), text);
			}
			const asked = await call(site, '/v1/chat/completions', {
				key: key(), method: 'POST', body: { model, messages: [{
					role: 'user', content: scene({ whole: true,
						tool_calls: tools }) }], tools: [{ type: 'function',
					function: { name: 'weather' } }] } });
			const [choice] = asked.json.choices;
			assert.equal(choice.finish_reason, 'tool_calls', asked.text);
			assert.equal(choice.message.tool_calls[0].function.arguments,
				'{"city":"Oslo"}');
			assert.ok(asked.json.usage.prompt_tokens > 0);
			assert.equal(asked.json.usage.source, 'upstream');
		}

		async function errors(key, model, what) {
			for (const [members, status, words] of [
				[error('invalid_request_error', 'Your request exceeded model '
					+ 'token limit: 1000 (requested: 2000)'), 400,
				/maximum context length is 1000|2000 tokens > 1000 maximum/],
				[error('exceeded_current_quota_error', 'insufficient balance'),
					[429, 402], /insufficient balance/],
				[error('content_filter', 'considered high risk'), 400,
					/high risk/],
				[{ status: 200, body: { detail: 'Not authenticated',
					code: 401 } }, 401, /Not authenticated|access token/],
				[{ raw: 'data: {"error":{"type":"invalid_request_error",'
					+ '"message":"oops"}}\n\n' }, 400, /oops/],
				[refusal('Invalid Authentication'), 401,
					/Invalid Authentication|access token/]])
				for (const [dialect, text, got] of await all(key, model,
					members)) {
					assert.match(text, words, `${what} ${dialect}`);
					// Codex stops on an overflow only within a stream.
					assert.ok([status].flat().includes(got) || (got === 200
						&& /"context_length_exceeded"/.test(text)), text);
				}
		}

		async function nothing(key, model, what) {
			for (const [members, words] of [
				[{ status: 200, body: page }, /web page.*Just a moment/],
				[{ status: 200, body: '' }, /reply is empty/],
				[{ raw: ': ping\n\n: ping\n\n' }, /reply is empty/],
				[{ status: 200, body: {} }, /ended unexpectedly/]])
				for (const [dialect, text, got] of await all(key, model,
					members)) {
					assert.match(text, words, `${what} ${dialect}`);
					assert.equal(got, 502, text);
				}
		}

		async function all(key, model, members) {
			const asked = Object.entries(dialects).flatMap(
				([name, [path, body]]) => [false, true].map(async (stream) => {
					const r = await call(site, path, { method: 'POST',
						key: key(), body: { model, stream,
							...body(scene(members)) } });
					return [`${name} ${stream}`, r.text, r.status];
				}));
			return Promise.all(asked);
		}
	});
