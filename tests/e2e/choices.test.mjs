// SPDX-License-Identifier: MIT
// Several choices: `n` on chat completions and completions, and several prompts
// on completions. They are made side by side, and are one request.

import assert from 'node:assert/strict';
import { until } from './lib/process.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { askCode, askK3, codeKey, laid, platformKey, secretOf, sentWith, tool }
	from './lib/kimi.mjs';
import { OpenAI } from './lib/openai.mjs';
import { errorOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_CODE_STREAMS: null, KIMI_WEB_STREAMS: null,
	KIMI_KEEPALIVE: 0.2 };

for (const mount of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`choices, ${mount.replace('_', ' ')}`, mount, { settings }, tests);

async function tests(check, site) {
	const { fake } = site;
	const openai = new OpenAI({ apiKey: 'sk-test', maxRetries: 0,
		baseURL: `http://127.0.0.1:${site.port}/v1` });
	const completions = { path: '/v1/completions' };
	// Each choice gets an answer of its own, in any order.
	const answers = ['one', 'two', 'three'];
	const lay = (word, scenes = answers.map((answer) => ({ answer }))) =>
		fake.scenes(scenes.map((one) => ({ match: { prompt: word },
			times: 1, scene: one })));
	const texts = (reply) => {
		assert.equal(reply.status, 200, reply.text.slice(0, 500));
		const { choices } = reply.json;
		assert.deepEqual(choices.map((c) => c.index),
			choices.map((_, i) => i));
		return choices.map((c) => c.text ?? c.message.content);
	};
	// The choices of a stream, put together by their index.
	const foldOf = (s) => {
		const all = [];
		for (const { choices: [c] } of s.chunks) {
			if (!c)
				continue;
			const to = all[c.index] ||= { text: '', role: 0, finish: null,
				calls: [] };
			assert.equal(to.finish, null, 'chunks after the end');
			to.text += c.text ?? c.delta.content ?? '';
			to.role += c.delta?.role === 'assistant';
			to.calls.push(...c.delta?.tool_calls || []);
			to.finish = c.finish_reason;
		}
		return all;
	};
	const usageOf = (row) => [row.prompt_tokens, row.completion_tokens,
		row.cached_tokens, row.reasoning_tokens, row.token_source];

	await Promise.all([
		check('a whole reply has all choices', whole),
		check('a stream has them by their index', streamed),
		check('they run side by side', sideBySide),
	]);

	async function whole() {
		await lay('whole-of-three');
		const r = await chat(site, askK3('whole-of-three', { n: 3 }));
		assert.deepEqual(texts(r).sort(), [...answers].sort());
	}

	async function streamed() {
		await lay('stream-of-three');
		const s = await finished(stream(site, askK3('stream-of-three', { n: 3,
			stream_options: { include_usage: true } })));
		const all = foldOf(s);
		assert.deepEqual(all.map((c) => c.text).sort(), [...answers].sort());
		assert.deepEqual(all.map((c) => [c.role, c.finish]),
			answers.map(() => [1, 'stop']));
	}

	async function sideBySide() {
		const key = platformKey();
		const s = stream(site, askK3(scene({ chunks: 2, gate: key,
			answer: 'one two', reasoning: '' }), { n: 8 }), { key });
		await until('all choices have begun', () =>
			new Set(s.contents.map((e) => e.chunk.choices[0].index))
				.size === 8);
		await fake.open(key);
		await finished(s);
		assert.deepEqual(foldOf(s).map((c) => c.text),
			Array(8).fill('one two'));
	}
}
