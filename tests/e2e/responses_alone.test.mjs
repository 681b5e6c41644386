// SPDX-License-Identifier: MIT
// Responses whose clients have left: while the program stops, and where streams
// cannot be resumed.

import assert from 'node:assert/strict';
import { sleep, stop, until } from './lib/process.mjs';
import { now, scene } from './lib/http.mjs';
import { ask, cancel, come, events, get, respond, resumed, textOf, watch, whole }
	from './lib/responses.mjs';
import { resumedEvents } from './lib/sse.mjs';
import { withSite } from './lib/suite.mjs';

const slow = (word, chunks, ms, more) => ask(scene({ answer:
	`${word} `.repeat(chunks), chunks, chunk_ms: ms }), more);
const done = (site, id) => until('it ended', async () => {
	const now = await get(site, id);
	return now.status !== 'in_progress' && now.status !== 'queued' && now;
});

withSite('responses without a client',
	'nginx', { settings: { KIMI_DRAIN: 2, KIMI_RESUME: 60 } },
	async (check, site) => {
		await check('responses without a client when the program stops',
			ends);
		await check('a response is complete whenever its client leaves',
			moments);

		async function ends() {
			const background = (chunks, conversation) => respond(site, slow('b',
				chunks, 200, { background: true, conversation }));
			const short = await respond(site, ask(scene({ answer: 'short',
				chunks: 5, gate: 'short' }), { background: true }));
			const long = await background(300, 'long');
			const left = watch(site, slow('left', 300, 200,
				{ conversation: 'left' }));
			const [{ response: { id } }] = await events(left, 4);
			left.leave();
			const reader = resumed(site, long.id, -1);
			await events(reader, 4);
			const silent = await respond(site, ask(scene({ answer: 'x',
				silence_ms: 60000 }), { background: true }));
			const waiter = resumed(site, silent.id, -1);
			await until('all of them are at Kimi', async () =>
				(await site.fake.stats()).streams_open >= 4);
			const ended = stop(site.daemon);
			await site.fake.open('short', 4);
			assert.equal((await ended).code, 0);
			await Promise.all([reader.done, waiter.done]);
			// Nothing was there to begin with.
			assert.equal(waiter.status, 503, waiter.raw);
			assert.equal(JSON.parse(waiter.raw).error.code,
				'server_is_stopping');
			await site.startProgram();
			assert.equal((await get(site, short.id)).status, 'completed');
			for (const [name, which] of [['long', long.id], ['left', id]]) {
				const r = await get(site, which);
				assert.equal(r.status, 'failed');
				assert.equal(r.error.code, 'server_error');
				assert.match(textOf(r), /\w/);
				// Its conversation is not locked any more.
				const [took, usual] = [await msOf(name),
					await msOf(`${name}-anew`)];
				assert.ok(took < 1000 + 5 * usual, `${name}: ${took} ms`);
			}
			const seen = come(reader);
			const rest = resumed(site, long.id, seen.length - 1);
			await rest.done;
			const all = [...seen, ...resumedEvents(rest.raw, seen.length - 1)];
			assert.equal(all.at(-1).type, 'response.failed');
		}

		async function msOf(conversation) {
			const begun = now();
			await respond(site, ask('hello', { conversation }));
			return now() - begun;
		}

		async function moments() {
			const ids = await Promise.all(Array.from({ length: 16 },
				async (_, i) => {
					const s = watch(site, slow(`moment-${i}`, 4, 60,
						{ conversation: `moment-${i}` }));
					await sleep(i * 20);
					s.leave();
					await sleep(50);
					return come(s)[0]?.response.id;
				}));
			for (const id of ids.filter((id) => id))
				assert.equal((await done(site, id)).status, 'completed');
			for (let i = 0; i < ids.length; i++)
				await respond(site, ask('hello',
					{ conversation: `moment-${i}` }));
		}
	});

withSite('not resumed', 'nginx', { settings: { KIMI_RESUME: 0 } },
	async (check, site) => {
		await check('a client that leaves ends its response', leaves);
		await check('... but not a background response', background);
		await check('a foreground stream can be cancelled', foreground);

		async function leaves() {
			const { streams_aborted: before } = await site.fake.stats();
			const s = watch(site, slow('x', 100, 200, { conversation: 'c' }));
			const [{ response: { id } }] = await events(s, 4);
			s.leave();
			const r = await done(site, id);
			assert.equal(r.status, 'cancelled');
			await until('its stream at Kimi ends', async () =>
				(await site.fake.stats()).streams_aborted > before);
			await respond(site, ask('hello', { conversation: 'c' }));
			const again = resumed(site, id, -1);
			await again.done;
			assert.equal(resumedEvents(again.raw, -1).at(-1).type,
				'response.failed');
		}

		async function background() {
			const s = watch(site, slow('y', 4, 200, { background: true }));
			const [{ response: { id } }] = await events(s, 3);
			s.leave();
			assert.equal((await done(site, id)).status, 'completed');
		}

		async function foreground() {
			const s = watch(site, slow('z', 100, 200));
			const [{ response: { id } }] = await events(s, 4);
			assert.equal((await get(site, id)).status, 'in_progress');
			assert.equal((await cancel(site, id)).status, 'cancelled');
			const { response } = await whole(s);
			assert.equal(response.status, 'failed');
		}
	});
