// SPDX-License-Identifier: MIT
// Refresh tokens of Kimi web's current protocol, each of which works once: all
// who wait share one renewal, and its new token never gets lost. (the legacy
// call: credentials.test.mjs)

import assert from 'node:assert/strict';
import { inTime, retryIfLate, sleep, until } from './lib/process.mjs';
import { chat, now, say, scene, stream } from './lib/http.mjs';
import { accessToken } from './lib/jwt.mjs';
import { isKnown, secretOf } from './lib/kimi.mjs';
import { startSite } from './lib/site.mjs';
import { chatsWith, webKey } from './lib/web.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_WEB_PROTOCOL: 'auto' };

// The checks come one after the other: how long tokens last is for all.
withSite('tokens of Kimi web', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const { fake } = site;
		const ask = (key, text = 'hello', more) =>
			chat(site, say(text), { key, ...more });

		// The renewals that `fn` caused: the refresh tokens shown, by the
		// new call or (with "old ") by the old one.
		async function renewals(fn) {
			const all = async () => (await fake.requests())
				.filter((r) => r.route === 'refresh');
			const before = (await all()).length;
			await fn();
			return (await all()).slice(before).map((r) =>
				r.body?.refresh_token ?? `old ${r.token}`);
		}
		const nextRefresh = (members, times = 1) => fake.scenes({
			match: { route: 'refresh' }, times, scene: members });
		// Chats of killed programs stay at Kimi, others are deleted.
		const orphans = new Set();
		const chats = async () => (await fake.stats()).chats;
		const tidied = () => until('no chat is left at Kimi', async () =>
			(await chats()).every((id) => orphans.has(id)));
		const revoke = () => fake.settings({ revoke_access: true });

		const eight = (key, sites = [site]) => Promise.all(
			Array.from({ length: 8 }, async (_, i) => {
				const at = sites[i % sites.length];
				if (i % 3)
					return answerOf(await chat(at, say('hello'), { key }));
				return (await finished(stream(at, say('hello'), { key })))
					.text;
			}));

		// A credential whose access token is about to end.
		async function expiring(word) {
			const key = webKey(word);
			await fake.settings({ lifetime: 1 });
			answerOf(await ask(key));
			await tidied(); // which may take a new one, as short-lived
			await fake.settings({ lifetime: 900 });
			await sleep(1100);
			return key;
		}

		// The first, since the fake refuses our own tokens once some were
		// revoked.
		await check('accepts the token formats of all hosts',
			() => retryIfLate(wrapped));
		await check('an access token is used while it is valid', lasts);
		await check('eight concurrent requests cause one first refresh',
			first);
		await check('... and one when it has expired', expired);
		await check('... and one when it was revoked', revoked);
		await check('... also from two programs on one database',
			twoPrograms);
		await check('the new token is stored before anything else', stored);
		await check('a chain of renewals survives restarts', chain);
		await check('a client that leaves loses no token', leaves);
		await check('uses the old call where the new one is unknown',
			oldCall);
		await check('... but not when the new one merely fails',
			notOld);
		await check('a refused token moves on to the next', refused);
		await check('a lost reply is not requested twice', lost);
		await check('... and the next credential takes over', lostOver);
		await check('a renewal without a token is an error', without);
		await check('a token in Kimi\'s error text is not passed on',
			secret);

		async function lasts() {
			const key = webKey('lasts');
			const shown = await renewals(async () => {
				for (let i = 0; i < 3; i++)
					answerOf(await ask(key));
			});
			assert.deepEqual(shown, [secretOf(key)]);
		}

		async function first() {
			const key = webKey('first');
			await nextRefresh({ delay_ms: 400 });
			assert.deepEqual(await renewals(() => eight(key)),
				[secretOf(key)]);
		}

		async function expired() {
			const key = await expiring('expired');
			await nextRefresh({ delay_ms: 400 });
			const shown = await renewals(() => eight(key));
			assert.equal(shown.length, 1);
			assert.notEqual(shown[0], secretOf(key));
		}

		// Requests that were under way meet 401 before and after the
		// renewal.
		async function revoked() {
			const key = webKey('revoked');
			answerOf(await ask(key));
			await tidied(); // with the token
			await revoke();
			await nextRefresh({ delay_ms: 300 });
			const shown = await renewals(() => eight(key));
			assert.equal(shown.length, 1);
			assert.notEqual(shown[0], secretOf(key));
		}

		async function twoPrograms() {
			const other = await startSite('lighttpd_fastcgi', { fake,
				settings: { ...settings, KIMI_DB: site.db } });
			try {
				for (const key of [webKey('two'), await expiring('two'),
					webKey('two'), await expiring('two')]) {
					await nextRefresh({ delay_ms: 300 });
					const shown = await renewals(() =>
						eight(key, [site, other]));
					assert.equal(shown.length, 1, `${shown}`);
				}
				const key = webKey('revoked-for-two');
				answerOf(await ask(key));
				await tidied();
				await revoke();
				await nextRefresh({ delay_ms: 300 });
				assert.equal((await renewals(() =>
					eight(key, [site, other]))).length, 1);
			} finally {
				await other.stop();
			}
		}

		// kill -9 as soon as the access token is seen in use.
		async function stored() {
			const key = webKey('stored');
			const s = stream(site, say(scene({ delay_ms: 5000 },
				'stored-first.')), { key });
			await until('the new access token is in use', async () =>
				(await chatsWith(site, 'stored-first.')).length, 2);
			await site.crash();
			await s.done;
			(await chats()).forEach((id) => orphans.add(id));
			await revoke();
			await until('it serves again', site.healthy);
			const shown = await renewals(async () =>
				answerOf(await ask(key)));
			assert.equal(shown.length, 1);
			assert.notEqual(shown[0], secretOf(key));
		}

		async function chain() {
			const key = webKey('chain');
			const shown = await renewals(async () => {
				for (let i = 0; i < 4; i++) {
					answerOf(await ask(key));
					if (i % 2)
						await site.restart();
					else
						await tidied();
					await revoke();
				}
			});
			assert.ok(shown.length >= 4, `${shown.length} renewals`);
			assert.equal(new Set(shown).size, shown.length, 'used again');
			assert.equal(shown[0], secretOf(key));
		}

		async function leaves() {
			const key = webKey('leaves');
			await nextRefresh({ hold: 'refresh-of-one-left' });
			const shown = await renewals(async () => {
				const s = stream(site, say('hello'), { key });
				await until('the refresh is asked for', async () =>
					(await fake.requests()).some((r) =>
						r.body?.refresh_token === secretOf(key)));
				s.leave();
				await sleep(500);
				await fake.open('refresh-of-one-left');
				answerOf(await ask(key));
			});
			assert.deepEqual(shown, [secretOf(key)]);
		}

		async function oldCall() {
			for (const status of [false, 405, 501]) {
				await fake.settings({ connect_refresh: status });
				const key = webKey('old-call');
				const own = secretOf(key);
				const shown = await renewals(() => eight(key));
				// Back again: what the old call gave is good for the new.
				await fake.settings({ connect_refresh: true });
				assert.deepEqual(shown, [own, `old ${own}`]);
				await tidied();
				await revoke();
				assert.deepEqual(await renewals(async () =>
					answerOf(await ask(key))), [own]);
			}
		}

		async function notOld() {
			for (const [members, status] of [[{ status: 500 }, 502],
				[{ status: 429 }, 429], [{ status: 503 }, 503],
				[{ status: 401 }, 401], [{ status: 400 }, 401]]) {
				const key = webKey('not-old');
				await nextRefresh(members);
				const shown = await renewals(async () => {
					const r = await ask(key);
					// What a passing fault stopped may be tried again.
					if (r.status !== 200)
						errorOf(r, status);
				});
				assert.ok(!shown.some((t) => t.startsWith('old ')),
					JSON.stringify([members, shown]));
			}
		}

		async function refused() {
			const bad = 'web:bad-refresh-token-of-the-tokens';
			const shown = await renewals(async () => {
				for (let i = 0; i < 3; i++)
					answerOf(await ask([bad, webKey('good')].join(',')));
			});
			assert.equal(shown.filter((t) => t === secretOf(bad)).length, 1);
			assert.ok(!await isKnown(site, bad));
			const error = errorOf(await ask(
				'web:bad-refresh-token-and-no-other'), 401);
			assert.equal(error.code, 'invalid_api_key');
			assert.doesNotMatch(error.message, /and-no-other/);
		}

		// Kimi has used the token up, and its successor is lost.
		async function lost() {
			for (const members of [{ close_after: 0 }, { drop: true }]) {
				const key = webKey('lost');
				await nextRefresh(members);
				let r;
				const shown = await renewals(async () => {
					r = await ask(key);
				});
				assert.ok(shown.length >= 1 && !shown.some((t) =>
					t.startsWith('old ')), `${shown}`);
				if (members.close_after === 0)
					assert.ok([401, 502].includes(r.status), r.text);
			}
		}

		async function lostOver() {
			const keys = [webKey('lost-a'), webKey('lost-b')];
			await nextRefresh({ close_after: 0 });
			for (let i = 0; i < 3; i++)
				answerOf(await ask(keys.join(',')));
		}

		async function wrapped() {
			const bodies = [(a, r) => ({ accessToken: a, refreshToken: r }),
				(a, r) => ({ access_token: a, refresh_token: r }),
				(a, r) => ({ data: { accessToken: a, refreshToken: r } }),
				(a, r) => ({ data: { access_token: a, refresh_token: r } }),
				(a) => ({ accessToken: a }),
				(a) => ({ accessToken: a, refreshToken: '' })];
			const nexts = [];
			let slowest = 0;
			const shown = await renewals(() => Promise.all(bodies.map(
				async (body, i) => {
					const key = webKey('wrapped');
					const next = `next-of-${secretOf(key)}`;
					nexts[i] = next;
					const begun = now();
					await fake.scenes({ match: { route: 'refresh',
						prompt: secretOf(key) }, times: 1, scene: {
						status: 200, body: body(accessToken(`wrapped-${i}`,
							4), i < 4 ? next : undefined) } });
					answerOf(await ask(key));
					slowest = Math.max(slowest, now() - begun);
					await sleep(2200); // renewed after half of it
					answerOf(await ask(key));
				})));
			// Later than that, half of it may be over before it was used.
			inTime(slowest < 1400, `a first reply took ${slowest} ms`);
			for (let i = 0; i < 4; i++)
				assert.ok(shown.includes(nexts[i]),
					`${i} of ${shown}`);
			assert.equal(shown.length, 2 * bodies.length);
			assert.equal(new Set(shown).size, bodies.length + 4);
		}

		async function without() {
			for (const body of ['{}', '[]', 'null', 'no JSON', '',
				'{"accessToken":""}', '{"accessToken":7}',
				'{"data":"x"}']) {
				const key = webKey('without');
				await nextRefresh({ status: 200, body }, 2);
				errorOf(await ask(key), 502);
				// What was laid down may not all be used up.
				await fake.reset();
			}
		}

		async function secret() {
			const key = webKey('an-opaque-secret');
			await nextRefresh({ status: 500, body: { code: 'internal',
				message: `no: ${secretOf(key)} is no good` } }, 2);
			const r = await ask(key);
			errorOf(r, 502);
			assert.ok(!r.text.includes(secretOf(key)), r.text);
			assert.ok(!site.logs().includes(secretOf(key)), 'in the log');
			await fake.reset();
		}
	});
