// SPDX-License-Identifier: MIT
// Tokens that a service reports but that cannot be true are counted here
// instead, and the reply and the database say so.

import assert from 'node:assert/strict';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { codeKey, platformKey, secretOf } from './lib/kimi.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

const good = { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 };
const impossible = [
	{ ...good, prompt_tokens: -20 },
	{ ...good, completion_tokens: 2.5 },
	{ ...good, prompt_tokens: '20' },
	{ ...good, prompt_tokens: 1e12, total_tokens: 1e12 + 3 },
	{ ...good, cached_tokens: 21 },
	{ ...good, prompt_tokens_details: { cached_tokens: 500 } },
	{ ...good, completion_tokens: 0, total_tokens: 20 },
	{ ...good, total_tokens: 99 },
];
const answer = 'one two three four five';

withSite('reported usage', 'lighttpd_fastcgi', {}, async (check, site) => {
	async function source(key, text, more, expected) {
		const what = `${text} ${JSON.stringify(more)}`;
		const r = await chat(site, say(text, more), { key });
		assert.equal(answerOf(r), answer, what);
		const { usage } = r.json;
		const row = await site.row(r.headers['x-request-id']);
		assert.equal(row.token_source, usage.source, what);
		assert.equal(row.prompt_tokens, usage.prompt_tokens, what);
		assert.equal(usage.total_tokens,
			usage.prompt_tokens + usage.completion_tokens, what);
		assert.ok(usage.prompt_tokens > 0 && usage.prompt_tokens < 1000);
		assert.ok(usage.completion_tokens > 0);
		assert.match(usage.source, expected, what);
	}

	await check('what can be true is passed on', () => source(platformKey(),
		scene({ answer, usage: good }), { model: 'kimi-k3' }, /^upstream$/));
	await check('what cannot is counted instead', () => Promise.all(
		impossible.flatMap((usage) => ['choice', 'top', 'extra'].map(
			(usage_at) => source(platformKey(), scene({ answer, usage,
				usage_at }), { model: 'kimi-k3' },
			/^(counted|estimated)$/)))));
	await check('... also that of the Messages flavour', async () => {
		const key = codeKey();
		await site.fake.scenes({ match: { route: 'completion',
			token: secretOf(key) }, times: -1,
		scene: { fault: 'not_an_agent' } });
		await source(key, scene({ answer, usage: { input_tokens: 20,
			output_tokens: 3 } }), { model: 'k3' }, /^upstream$/);
		for (const usage of [{ input_tokens: -20, output_tokens: 3 },
			{ input_tokens: 20, output_tokens: 0 },
			{ input_tokens: 20, output_tokens: 3,
				cache_read_input_tokens: -1 },
			{ input_tokens: 2.5, output_tokens: 3 }])
			await source(key, scene({ answer, usage }), { model: 'k3' },
				/^(counted|estimated)$/);
	});
	// What Kimi put into its cache is part of the prompt, and has a price of
	// its own.
	const written = { ...good, prompt_tokens_details: { cached_tokens: 5,
		cache_write_tokens: 7 } };
	const kept = { input_tokens: 8, cache_read_input_tokens: 5,
		cache_creation_input_tokens: 7, cache_creation: {
			ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 3 },
		output_tokens: 3 };
	const rowOf = async ({ headers }, hour, service) => {
		const row = await site.row(headers['x-request-id']);
		assert.deepEqual([row.prompt_tokens, row.cached_tokens,
			row.cache_write_tokens, row.cache_write_1h_tokens,
			row.completion_tokens, row.searches, row.service],
		[20, 5, 7, hour, 3, 0, service]);
	};
	await check('cache writes are told in every format', async () => {
		const body = say(scene({ answer, usage: written }),
			{ model: 'kimi-k3', max_tokens: 100 });
		for (const path of ['/v1/chat/completions', '/v1/responses',
			'/v1/messages']) {
			const r = await call(site, path, { key: platformKey(), body:
				path === '/v1/responses' ? { model: body.model,
					input: body.messages[0].content } : body });
			assert.equal(r.status, 200, r.text);
			const { usage } = r.json;
			const details = usage.prompt_tokens_details
				|| usage.input_tokens_details;
			if (details)
				assert.deepEqual([details.cached_tokens,
					details.cache_write_tokens], [5, 7]);
			else
				assert.deepEqual(usage, { ...usage, ...kept,
					cache_creation: { ephemeral_5m_input_tokens: 7,
						ephemeral_1h_input_tokens: 0 } });
			await rowOf(r, 0, 'platform');
		}
	});
	await check('... also what stays there for an hour', async () => {
		const key = codeKey();
		await site.fake.scenes({ match: { route: 'completion',
			token: secretOf(key) }, times: -1,
		scene: { fault: 'not_an_agent' } });
		const ask = { key, body: say(scene({ answer, usage: kept }),
			{ model: 'k3', max_tokens: 100 }) };
		const r = await call(site, '/v1/messages', ask);
		assert.deepEqual(r.json.usage, { ...r.json.usage, ...kept });
		await rowOf(r, 3, 'code');
		const s = await finished(stream(site, { ...ask.body,
			stream_options: { include_usage: true } }, { key }));
		assert.deepEqual(s.chunks.at(-1).usage.prompt_tokens_details,
			{ cached_tokens: 5, cache_write_tokens: 7 });
		await rowOf(s, 3, 'code');
	});
	await check('... and a stream says so at its end', async () => {
		const s = await finished(stream(site, say(scene({ answer,
			usage: impossible[0] }), { model: 'kimi-k3',
			stream_options: { include_usage: true } }),
		{ key: platformKey() }));
		const { usage } = s.chunks.at(-1);
		assert.match(usage.source, /^(counted|estimated)$/);
		assert.ok(usage.prompt_tokens > 0);
	});
});
