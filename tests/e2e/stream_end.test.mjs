// SPDX-License-Identifier: MIT
// A reply of Kimi's is over at its end. Nothing that comes later matters: more
// bytes, errors, a connection that breaks or that nobody closes.

import assert from 'node:assert/strict';
import { inTime, retryIfLate, until } from './lib/process.mjs';
import { chat, now, say, scene, stream } from './lib/http.mjs';
import { codeKey, platformKey, secretOf } from './lib/kimi.mjs';
import { webKey } from './lib/web.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

const kimis = [
	{ name: 'Open Platform', key: platformKey, more: { model: 'kimi-k3' } },
	{ name: 'Kimi Code', key: codeKey, more: { model: 'kimi-for-coding' } },
	{ name: 'Kimi Code, Messages', key: codeKey, more: { model: 'k3' },
		route: 'messages' },
	{ name: 'Kimi web', key: webKey, more: { model: 'k2' } },
];

// Far longer than a test takes; less than the 600 s that Kimi may be silent.
const LINGER = 60000;

const events = 'data: {"error":{"message":"too late","type":"server_error"}}\n\n'
	+ 'data: {"choices":[{"delta":{"content":"too late"}}]}\n\n'
	+ 'data: {"event":"cmpl","text":"too late"}\n\n'
	+ 'data: {"event":"error","error":{"error_type":"x","message":"too late"}}\n\n'
	+ 'data: {no json\n\ndata: [DONE]\n\n{"error":"too late"}\n\n';

const answer = 'one two three four';

function ends(title, settings) {
	withSite(title, 'lighttpd_fastcgi', { settings }, async (check, site) => {
		const { fake } = site;

		// Streamed and whole, both as if nothing had followed.
		async function isWhole(kimi, members) {
			const what = `${kimi.name}: ${JSON.stringify(members)}`;
			const text = scene({ answer, reasoning: '', ...members });
			const key = kimi.key();
			if (kimi.route)
				await fake.scenes({ match: { route: 'completion',
					token: secretOf(key) }, times: -1,
				scene: { fault: 'not_an_agent' } });
			const s = await finished(stream(site, say(text, kimi.more),
				{ key }));
			assert.equal(s.text, answer, what);
			assert.equal(s.finish, 'stop', what);
			assert.equal(answerOf(await chat(site, say(text, kimi.more),
				{ key })), answer, what);
			const row = await site.row(s.headers['x-request-id']);
			assert.equal(row.status, 'done', what);
			if (kimi.route)
				assert.equal((await fake.asked(secretOf(key),
					kimi.route)).length, 2, what);
		}
		const each = (...list) => () => Promise.all(kimis.flatMap((kimi) =>
			list.map((members) => isWhole(kimi, members))));

		await check('what follows the end is ignored', each(
			{ after: events }, { after: events, cut_bytes: 7 },
			{ after: 'x'.repeat(10000) }));
		await check('the connection may break after the end', each(
			{ end_broken: true }, { after: events, end_broken: true }));
		await check('nobody needs to close the connection', () =>
			retryIfLate(async () => {
				const begun = now();
				const { streams_aborted: before } = await fake.stats();
				await each({ linger_ms: LINGER },
					{ after: events, linger_ms: LINGER })();
				const ms = now() - begun;
				inTime(ms < LINGER / 2, `all replies took ${ms} ms`);
				await until('Kimi sees that each was cut', async () =>
					(await fake.stats()).streams_aborted - before
						=== 4 * kimis.length);
			}));
		await check('no [DONE] is needed after the finish reason and usage',
			async () => {
				for (const usage_at of ['choice', 'top', 'extra'])
					await isWhole(kimis[0], { end: 'missing', usage_at,
						linger_ms: LINGER });
			});
		await check('usage is waited for after the finish reason', later);

		async function later() {
			const chunk = (v) => `data: ${JSON.stringify(v)}\n\n`;
			const usage = { prompt_tokens: 4321, completion_tokens: 2,
				total_tokens: 4323 };
			const raw = chunk({ choices: [{ delta: { content: answer } }] })
				+ chunk({ choices: [{ delta: {}, finish_reason: 'stop' }] })
				+ ': ping\n\n'
				+ chunk({ choices: [], usage });
			for (const cut_bytes of [0, 1]) {
				const r = await chat(site, say(scene({ raw, cut_bytes,
					linger_ms: LINGER }), kimis[0].more),
				{ key: platformKey() });
				assert.equal(answerOf(r), answer);
				assert.equal(r.json.usage.prompt_tokens, 4321);
			}
		}
	});
}

ends('ends of streams', { KIMI_WEB_PROTOCOL: 'current' });
ends('ends of streams, Kimi web by its legacy protocol',
	{ KIMI_WEB_PROTOCOL: 'legacy' });
