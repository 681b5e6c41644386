// SPDX-License-Identifier: MIT
// How much a model of Kimi Code is told to think, in the words of each API,
// whole and as a stream, in both flavours: Kimi never has to refuse.

import assert from 'node:assert/strict';
import { call, Stream } from './lib/http.mjs';
import { withSite } from './lib/suite.mjs';

const KEY = 'code:sk-kimi-high-credential-of-efforts';
const settings = { KIMI_TOKENS: KEY };
const apis = {
	chat: ['/v1/chat/completions', (text, effort) => ({
		messages: [{ role: 'user', content: text }],
		...(effort && { reasoning_effort: effort }) })],
	responses: ['/v1/responses', (text, effort) => ({ input: text,
		...(effort && { reasoning: { effort } }) })],
	messages: ['/v1/messages', (text, effort) => ({ max_tokens: 5000,
		messages: [{ role: 'user', content: text }],
		thinking: { type: effort === 'none' ? 'disabled' : 'adaptive' },
		...(effort && effort !== 'none' && { output_config: { effort } }) })],
};

// What Kimi is told for each word of the client.
const words = { none: 'low', off: 'low', disabled: 'low', minimal: 'low',
	light: 'low', low: 'low', medium: 'high', high: 'high', xhigh: 'max',
	ultra: 'max', max: 'max', auto: undefined };
const off = ['none', 'off', 'disabled'];
const models = ['k3.1-pro', 'k3', 'k3-256k', 'kimi-for-coding',
	'kimi-for-coding-highspeed'];

withSite('code_efforts', 'lighttpd_fastcgi', { settings }, async (check, site) => {
	async function ask(api, stream, text, model, effort) {
		const [path, body] = apis[api];
		const request = { method: 'POST', body: { model, stream,
			...body(text, effort) } };
		if (!stream) {
			const r = await call(site, path, request);
			assert.equal(r.status, 200, r.text);
			return;
		}
		const s = new Stream(site, path, request);
		await s.done;
		assert.equal(s.status, 200, s.raw);
		assert.ok(!s.error, s.raw);
	}

	const told = ({ thinking, reasoning_effort: chat, output_config: config }) =>
		({ off: thinking?.type === 'disabled', effort: chat ?? config?.effort });

	function wanted(model, word) {
		if (model === 'kimi-for-coding' && off.includes(word))
			return { off: true, effort: undefined };
		return { off: false, effort: model === 'kimi-for-coding-highspeed'
			? undefined : words[word] };
	}

	// Messages clients have a switch of their own for "off".
	const cases = Object.keys(apis).flatMap((api) => [false, true].flatMap(
		(stream) => models.flatMap((model) => Object.keys(words)
			.filter((word) => api !== 'messages'
				|| word === 'none' || !off.includes(word))
			.map((word) => ({ api, stream, model, word })))));

	async function all(route) {
		const textOf = ({ api, stream, model, word }) =>
			`${route} ${api} ${stream} ${model} ${word}.`;
		for (const c of cases)
			await ask(c.api, c.stream, textOf(c), c.model, c.word);
		const sent = (await site.fake.requests())
			.filter((r) => r.route === route)
			.map((r) => [JSON.stringify(r.body.messages), told(r.body)]);
		for (const c of cases)
			assert.deepEqual(sent.filter(([messages]) =>
				messages.includes(textOf(c))).map(([, body]) => body),
			[wanted(c.model, c.word)], textOf(c));
	}

	await check('the chat flavour takes it', () => all('completion'));
	await check('the Messages flavour takes it', async () => {
		await site.fake.settings({ code_allow: ['nobody'] });
		await all('messages');
	});
});
