// SPDX-License-Identifier: MIT
// The fake's own Kimi Code: what it takes and gives of thinking.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from './lib/process.mjs';
import { call, say } from './lib/http.mjs';
import { startFake } from './lib/fake.mjs';

const KEY = 'sk-kimi-high';
const VERSION = { 'anthropic-version': '2023-06-01' };

const ask = (text, more = {}) => ({ model: 'k3', max_tokens: 100,
	messages: [{ role: 'user', content: text }], ...more });

test('the fake Kimi Code thinks', async (t) => {
	const fake = await startFake(folder('fake-code-thinking'));
	const code = (path, body, headers = {}) => call(fake,
		`/coding/v1${path}`, { key: KEY, body, headers });
	const messages = (body) => code('/messages', body, VERSION);
	t.after(() => fake.stop());

	await t.test('thinking is switched off, or has an effort', async () => {
		const off = { thinking: { type: 'disabled' } };
		const answers = async (model, more, status) => {
			const chat = await code('/chat/completions', say('hello',
				{ model, ...more }));
			const { reasoning_effort: effort, ...rest } = more;
			const message = await messages(ask('hello', { model, ...rest,
				...(effort && { output_config: { effort } }) }));
			assert.deepEqual([chat.status, message.status],
				[status, status], `${model} ${chat.text} ${message.text}`);
			return chat.json.choices?.[0].message.reasoning_content;
		};
		assert.equal(await answers('kimi-for-coding', off, 200), undefined);
		assert.ok(await answers('kimi-for-coding',
			{ reasoning_effort: 'low' }, 200));
		await answers('kimi-for-coding', { ...off,
			reasoning_effort: 'low' }, 400);
		for (const model of ['k3.1-pro', 'k3', 'k3-256k',
			'kimi-for-coding-highspeed'])
			await answers(model, off, 400);
		for (const model of ['k3.1-pro', 'k3', 'kimi-for-coding'])
			for (const word of ['off', 'none', 'disabled', 'medium', 'xhigh'])
				await answers(model, { reasoning_effort: word }, 400);
	});
});
