// SPDX-License-Identifier: MIT
// Requests that wait for a credential are served in the order in which they
// came, over all processes that share the database, and at once.

import assert from 'node:assert/strict';
import { inTime, retryIfLate, until } from './lib/process.mjs';
import { chat, now, scene, stream } from './lib/http.mjs';
import { askK3, fingerprint, platformKey, sentWith } from './lib/kimi.mjs';
import { startSite } from './lib/site.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_PLATFORM_STREAMS: 1, KIMI_QUEUE: 50,
	KIMI_KEEPALIVE: 5 };

withSite('queue order', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const { fake } = site;
		const beside = (name) => startSite(name, { fake,
			settings: { ...settings, KIMI_DB: site.db } });
		const [second, cgi] = await Promise.all(
			['lighttpd_fastcgi', 'lighttpd_cgi'].map(beside));
		let serial = 0;

		const inLine = async (key) => (await site.query(`SELECT id FROM slots
			WHERE credential = '${fingerprint(key)}'`)).length;
		// A stream that keeps its slot until the gate opens.
		const hold = async (key, gate) => {
			const s = stream(site, askK3(scene({ chunks: 2, answer: 'a b',
				reasoning: '', gate })), { key });
			await s.content(1);
			return s;
		};
		// Comes, and stands in line as the nth.
		const comes = async (where, word, key, n) => {
			const reply = chat(where, askK3(scene({ answer: 'ok',
				reasoning: '' }, word)), { key }).then(answerOf);
			await until(`${word} is in line`, async () =>
				await inLine(key) === n);
			return { reply };
		};
		// Whose request reached Kimi, in this order.
		const served = async (name) => (await sentWith(site, `${name}-`))
			.map((r) => Number(new RegExp(`${name}-(\\d+)`).exec(
				JSON.stringify(r.body))[1]));

		async function line(name, places, count) {
			const key = platformKey();
			const first = await hold(key, key);
			const replies = [];
			for (let i = 0; i < count; i++)
				replies.push(await comes(places[i % places.length],
					`${name}-${i}.`, key, i + 2));
			const t0 = now();
			await fake.open(key);
			await finished(first);
			await Promise.all(replies.map((r) => r.reply));
			const ms = now() - t0;
			assert.deepEqual(await served(name),
				Array.from({ length: count }, (_, i) => i));
			await until('nobody is in line', async () =>
				await inLine(key) === 0);
			return ms;
		}

		try {
			await check('first come, first served, in one process',
				() => line(`one${++serial}x`, [site], 12));
			await check('... and over several, with plain CGI',
				() => line(`all${++serial}x`, [site, cgi, second], 12));
			await check('a slot that is free is taken at once', (t) =>
				retryIfLate(async () => {
					for (const places of [[site], [site, second]]) {
						const ms = await line(`soon${++serial}x`, places, 16);
						t.diagnostic(`${ms / 16} ms each`);
						inTime(ms < 16 * 40, `${ms} ms for 16`);
					}
				}));
			await check('whoever is killed in line blocks nobody', killedInLine);
			await check('whoever leaves the line blocks nobody', leaves);
			await check('the first slot of several is taken', several);
			await check('no more than allowed run at once', limit);
		} finally {
			await second.stop();
			await cgi.stop();
		}

		async function killedInLine() {
			const key = platformKey();
			const first = await hold(key, key);
			const victim = chat(cgi, askK3('victim'), { key });
			await until('the victim is in line', async () =>
				await inLine(key) === 2);
			const next = chat(site, askK3('next'), { key });
			await until('the next is in line', async () =>
				await inLine(key) === 3);
			await cgi.crash();
			assert.notEqual((await victim).status, 200);
			await fake.open(key);
			await finished(first);
			answerOf(await next);
			assert.equal((await sentWith(site, 'victim')).length, 0);
		}

		async function leaves() {
			const key = platformKey();
			const first = await hold(key, key);
			const leaver = stream(second, askK3('leaver'), { key });
			await until('the leaver is in line', async () =>
				await inLine(key) === 2);
			const next = chat(site, askK3('next'), { key });
			await until('the next is in line', async () =>
				await inLine(key) === 3);
			leaver.leave();
			await until('the leaver is gone', async () =>
				await inLine(key) === 2);
			await fake.open(key);
			await finished(first);
			answerOf(await next);
		}

		// In the order of the rotation, one of them each.
		async function several() {
			const keys = [platformKey(), platformKey()];
			const holders = await Promise.all(keys.map((key) =>
				hold(key, key)));
			const both = chat(second, askK3('either'), { key: keys.join() });
			await until('it is in both lines', async () =>
				await inLine(keys[0]) === 2 && await inLine(keys[1]) === 2);
			const behind = chat(site, askK3('behind'), { key: keys[0] });
			await until('one is behind it', async () =>
				await inLine(keys[0]) === 3);
			await fake.open(keys[1]);
			await finished(holders[1]);
			answerOf(await both);
			assert.equal(await inLine(keys[0]), 2);
			await fake.open(keys[0]);
			await finished(holders[0]);
			answerOf(await behind);
			assert.equal(await inLine(keys[0]) + await inLine(keys[1]), 0);
		}

		async function limit() {
			const key = platformKey();
			const texts = await Promise.all(Array.from({ length: 12 },
				async (_, i) => answerOf(await chat(
					[site, second, cgi][i % 3], askK3(scene({ chunks: 2,
						chunk_ms: 20, stamp: true, reasoning: '',
						answer: 'one two' })), { key }))));
			const times = texts.map((text) => text.match(/\d{16}(?= )/g)
				.map(Number)).sort((a, b) => a[0] - b[0]);
			for (let i = 1; i < times.length; i++)
				assert.ok(times[i][0] > times[i - 1][1], `${times}`);
		}
	});
