// SPDX-License-Identifier: MIT
// What a request had for itself is free when its process is killed, or when its
// client has left: the only slot of a credential, its conversation, its row.

import assert from 'node:assert/strict';
import { inTime, retryIfLate, until } from './lib/process.mjs';
import { chat, now, say, scene, stream } from './lib/http.mjs';
import { leavesNothing, webKey } from './lib/web.mjs';
import { answerOf, withSite } from './lib/suite.mjs';

// A lease lasts 25 s. Nobody waits for that, not even on a busy machine.
const SOON_MS = 10000;

// How long Kimi takes to delete a chat.
const DELETE_MS = 2500;

const settings = { KIMI_WEB_STREAMS: 1, KIMI_WEB_PROTOCOL: 'auto',
	KIMI_QUEUE: 60, KIMI_KEEPALIVE: 1 };

for (const name of ['lighttpd_fastcgi', 'lighttpd_cgi', 'apache_mod_fcgid'])
	withSite(`leases, ${name.replaceAll('_', ' ')}`, name, { settings },
		async (check, site) => {
			await check('the next request does not wait for a killed one',
				killed);
			await check('a stored response ends with its process', stored);
			// Where the program learns at once that a client has left.
			if (site.mount.gone === 'at once')
				await check('a slot is free before its chat is deleted',
					(t) => retryIfLate(() => cleanup(t)));

			// In mid-stream, with a row of its own.
			async function hold(gate, request, text) {
				const s = stream(site, say(scene({ gate, answer: 'a b c',
					chunks: 3, reasoning: '' }, text)), request);
				await s.content(1);
				return s;
			}

			// A killed FastCGI program is started again by its server.
			async function serves() {
				await site.crash();
				await until('the server serves on', site.healthy);
			}

			async function killed(t) {
				const key = webKey();
				const request = { key,
					path: `/v1/chat/completions/killed-${name}` };
				const first = await hold('killed', request);
				await serves();
				await first.done;
				assert.ok(!first.finished);
				const t0 = now();
				answerOf(await chat(site, say('next'), request));
				const ms = now() - t0;
				t.diagnostic(`waited ${Math.round(ms)} ms`);
				assert.ok(ms < SOON_MS, `${ms} ms`);
				assert.deepEqual(await site.query(
					'SELECT status, kind FROM v_errors'),
				[{ status: 'interrupted', kind: 'interrupted' }]);
				assert.deepEqual(await site.query(
					'SELECT * FROM slots'), []);
			}

			async function stored(t) {
				const key = webKey();
				const s = stream(site, { model: 'k2', store: true,
					input: scene({ gate: 'stored', answer: 'a b c',
						chunks: 3, reasoning: '' }) },
				{ key, path: '/v1/responses' });
				const [, id] = await until('its id', () =>
					/"id":"(resp_\w+)"/.exec(s.raw));
				await serves();
				await s.done;
				const t0 = now();
				const ended = await until('it has failed', async () => {
					const r = await chat(site, undefined, { key,
						method: 'GET', path: `/v1/responses/${id}` });
					return r.json?.status === 'failed' && r.json;
				});
				t.diagnostic(`failed after ${Math.round(now() - t0)} ms`);
				assert.ok(now() - t0 < SOON_MS);
				assert.match(ended.error.message, /killed/);
			}

			// The client leaves; Kimi takes its time to delete the chat.
			async function cleanup(t) {
				const key = webKey();
				await site.fake.scenes(['delete', 'delete_batch'].map(
					(route) => ({ match: { route }, times: 1,
						scene: { delay_ms: DELETE_MS } })));
				const first = await hold('left', { key }, 'leaver');
				first.leave();
				const t0 = now();
				answerOf(await chat(site, say('next'), { key }));
				const ms = now() - t0;
				await leavesNothing(site, 'leaver');
				t.diagnostic(`waited ${Math.round(ms)} ms of ${
					Math.round(now() - t0)}`);
				inTime(ms < DELETE_MS - 1000, `${ms} ms`);
				assert.ok(now() - t0 > DELETE_MS - 1000);
			}
		});
