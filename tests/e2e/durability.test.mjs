// SPDX-License-Identifier: MIT
// kill -9 at any time: what a client saw acknowledged is in the database.

import assert from 'node:assert/strict';
import { sleep, until } from './lib/process.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { answerOf, withSite } from './lib/suite.mjs';

for (const [name, crashes] of [['lighttpd_fastcgi', 3], ['lighttpd_cgi', 2]])
	withSite(`durability, ${name.replace('_', ' ')}`, name, {},
		async (check, site) => {
			const acknowledged = [];
			const interrupted = [];

			await check('kill -9 during streams, repeatedly', kill);
			await check('every acknowledged turn is stored in full',
				whole);
			await check('no interrupted turn counts as complete',
				cut);
			await check('the database is intact', sound);
			await check('the conversations can be continued', goOn);

			// Talks through crashes; notes each turn whose end the client
			// has seen. After a cut one it begins another conversation.
			async function talker(n, state) {
				const model = n % 2 ? 'kimi-k3' : 'k2';
				let session = `talk-${n}`;
				for (let i = 0; !state.over; i++) {
					const turn = `turn ${n}.${i}`;
					const answer = `answer ${n}.${i} ${'w '.repeat(20)}end`;
					const s = stream(site, say(scene({ answer, chunks: 6,
						chunk_ms: 5 }, turn), { model }),
					{ path: `/v1/chat/completions/${session}` });
					await s.done;
					if (s.finished) {
						acknowledged.push({ session, model, turn, answer,
							id: s.headers['x-request-id'] });
						continue;
					}
					if (s.contents.length)
						interrupted.push({ session, model, turn });
					session = `talk-${n}-${i}`;
					await sleep(50);
				}
			}

			function more() {
				const before = acknowledged.length;
				return until('turns are acknowledged', () =>
					acknowledged.length > before + 6);
			}

			async function kill() {
				const state = { over: false };
				const talkers = [0, 1, 2, 3, 4, 5].map((n) =>
					talker(n, state));
				try {
					// On a busy machine all of them may be too late.
					for (let i = 0; i < crashes ||
						(!interrupted.length && i < 30); i++) {
						await more();
						await sleep(Math.random() * 60);
						await until('a program to kill', () =>
							site.crash());
						await more();
					}
				} finally {
					state.over = true;
					await Promise.all(talkers);
				}
				assert.ok(interrupted.length > 0, 'nothing was cut');
			}

			async function whole() {
				const rows = await site.query('SELECT * FROM requests');
				const messages = await site.query(
					'SELECT * FROM v_messages');
				for (const { session, turn, answer, id } of acknowledged) {
					assert.equal(rows.find((r) => r.id === id)?.status,
						'done', `${turn} of ${session}`);
					const kept = messages.filter((m) => m.request === id);
					assert.deepEqual(kept.map((m) => [m.session, m.role]),
						[[session, 'user'], [session, 'assistant']]);
					assert.ok(kept[0].content.startsWith(`${turn} fake`));
					assert.equal(kept[1].content, answer);
				}
			}

			async function cut() {
				for (const { session, turn } of interrupted) {
					const kept = await site.query(`SELECT * FROM v_messages
						WHERE session = '${session}'
						AND content LIKE '${turn} fake%'`);
					// Stored whole though the client missed its end, or
					// not part of the conversation at all.
					assert.ok(kept.length <= 1);
					if (kept.length)
						assert.equal((await site.row(kept[0].request))
							.status, 'done');
				}
			}

			async function sound() {
				const [row] = await site.query('PRAGMA integrity_check');
				assert.equal(row.integrity_check, 'ok');
				assert.deepEqual(await site.query(
					'PRAGMA foreign_key_check'), []);
			}

			async function goOn() {
				const sessions = new Map([...acknowledged, ...interrupted]
					.map((t) => [t.session, t.model]));
				for (const [session, model] of sessions) {
					const all = answerOf(await chat(site, say('recall',
						{ model }), { path:
						`/v1/chat/completions/${session}` }));
					for (const a of acknowledged)
						if (a.session === session)
							assert.ok(all.includes(`${a.turn} fake`),
								`${a.turn} in ${all}`);
				}
			}
		});
