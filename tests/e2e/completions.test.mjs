// SPDX-License-Identifier: MIT
// POST /v1/completions, by the official openai package and by hand.

import assert from 'node:assert/strict';
import { call, scene } from './lib/http.mjs';
import { OpenAI } from './lib/openai.mjs';
import { errorOf, withSite } from './lib/suite.mjs';

withSite('legacy completions', 'lighttpd_fastcgi', {}, async (check, site) => {
	const openai = new OpenAI({ apiKey: 'sk-test', maxRetries: 0,
		baseURL: `http://127.0.0.1:${site.port}/v1` });
	const create = (more) => openai.completions.create({ model: 'kimi-k3',
		...more });
	const models = ['k2', 'k1.5', 'kimi-k3', 'kimi-k2.6'];
	const ask = (body) => call(site, '/v1/completions', { body });
	// What Kimi got that has the word in it.
	const sent = async (word) => (await site.fake.requests()).find((r) =>
		r.route === 'completion' && JSON.stringify(r.body).includes(word));

	await Promise.all([
		check('a completion is created', whole),
		check('... and streamed', streamed),
		check('the prompt may be echoed', echo),
		check('thinking is off and never shown', thinking),
		check('the default limit is 16 tokens', limit),
		check('token arrays and what is missing are refused', refused),
		check('GET is 405', method),
		check('the database says which API it was', row),
	]);

	async function whole() {
		for (const model of models) {
			const done = await create({ model, max_tokens: 100,
				prompt: scene({ answer: 'upon a time' }, 'Once') });
			assert.match(done.id, /^cmpl-[A-Za-z0-9]{24}$/);
			assert.equal(done.object, 'text_completion');
			assert.equal(done.model, model);
			assert.ok(Number.isInteger(done.created));
			assert.deepEqual(done.choices, [{ text: 'upon a time',
				index: 0, logprobs: null, finish_reason: 'stop' }]);
			assert.equal(done.usage.total_tokens,
				done.usage.prompt_tokens + done.usage.completion_tokens);
		}
	}

	async function streamed() {
		for (const model of models) {
			const chunks = [];
			for await (const chunk of await create({ model, stream: true,
				max_tokens: 100, stream_options: { include_usage: true },
				prompt: scene({ answer: 'upon a time', chunks: 3 }) }))
				chunks.push(chunk);
			assert.equal(new Set(chunks.map((c) => c.id)).size, 1);
			assert.match(chunks[0].id, /^cmpl-/);
			for (const c of chunks) {
				assert.equal(c.object, 'text_completion');
				assert.equal(c.model, model);
			}
			const last = chunks.pop();
			assert.deepEqual(last.choices, []);
			assert.ok(last.usage.completion_tokens > 0);
			assert.equal(chunks.map((c) => c.choices[0].text).join(''),
				'upon a time');
			assert.deepEqual(chunks.map((c) => c.choices[0].finish_reason)
				.filter(Boolean), ['stop']);
			assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
			assert.ok(chunks.every((c) => c.usage === null
				&& c.choices[0].logprobs === null));
		}
	}

	async function echo() {
		const prompt = scene({ answer: ' there' }, 'hi');
		const done = await create({ prompt, echo: true, max_tokens: 100 });
		assert.equal(done.choices[0].text, `${prompt} there`);
		let text = '';
		for await (const chunk of await create({ prompt, echo: true,
			max_tokens: 100, stream: true }))
			text += chunk.choices[0].text;
		assert.equal(text, `${prompt} there`);
	}

	async function thinking() {
		for (const model of models) {
			const done = await create({ model, max_tokens: 100,
				prompt: scene({ reasoning: 'secret', answer: 'said' },
					`no-thinking-for-${model}`) });
			assert.equal(done.choices[0].text, 'said');
		}
		const { body } = await sent('no-thinking-for-kimi-k2.6');
		assert.deepEqual(body.thinking, { type: 'disabled' });
	}

	async function limit() {
		await create({ prompt: 'limit-of-its-own' });
		const { body } = await sent('limit-of-its-own');
		assert.equal(body.max_completion_tokens ?? body.max_tokens, 16);
	}

	async function refused() {
		for (const prompt of [['a', 2], [1, 2], [[1, 2]]]) {
			const e = errorOf(await ask({ model: 'k2', prompt }), 400);
			assert.deepEqual([e.code, e.param],
				['unsupported_parameter', 'prompt']);
		}
		await assert.rejects(create({ prompt: 'a', n: 2, best_of: 3 }),
			OpenAI.BadRequestError);
		const e = errorOf(await ask({ model: 'k2' }), 400);
		assert.deepEqual([e.code, e.param],
			['missing_required_parameter', 'prompt']);
	}

	async function method() {
		const r = await call(site, '/v1/completions');
		assert.equal(errorOf(r, 405).code, 'method_not_supported');
		assert.match(r.headers.allow, /POST/);
	}

	async function row() {
		const { response } = await create({ prompt: 'hello' })
			.withResponse();
		const made = await site.row(response.headers.get('x-request-id'));
		assert.equal(made.dialect, 'openai_completions');
		assert.equal(made.status, 'done');
	}
});
