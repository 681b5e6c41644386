// SPDX-License-Identifier: MIT
// Failures of Kimi web's current protocol: every error wherever it can appear,
// truncated replies, and what continues with the next credential.

import assert from 'node:assert/strict';
import { inTime, retryIfLate } from './lib/process.mjs';
import { chat, now, say, scene, stream } from './lib/http.mjs';
import { envelope } from './lib/connect.mjs';
import { countsDown, laid, cooldownOf } from './lib/kimi.mjs';
import { chatsWith, leavesNothing, textOf, webKey } from './lib/web.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

// Kimi is given more time than a busy machine needs, except where silence is
// what fails.
const READ = 5; // seconds
const settings = { KIMI_WEB_PROTOCOL: 'auto', KIMI_KEEPALIVE: 1,
	KIMI_READ_TIMEOUT: 60 };

// What Kimi says; what the client gets; the credential's cooldown; how
// often it was asked.
const rows = [
	{ code: 'invalid_argument', status: 400, is: 'invalid_value' },
	{ code: 'unauthenticated', status: 401, is: 'invalid_api_key',
		cooldown: ['credential', 300], tries: 2 },
	{ code: 'unauthenticated', reason: 'REASON_INVALID_AUTH_TOKEN',
		status: 401, is: 'invalid_api_key', cooldown: ['credential', 300],
		tries: 2 },
	{ code: 'permission_denied', status: 403, is: null,
		cooldown: ['forbidden', 300] },
	{ code: 'not_found', status: 404, is: 'model_not_found',
		cooldown: ['model', 0], says: /does not serve the model 'k2'/ },
	{ code: 'resource_exhausted', status: 429, is: 'rate_limit_exceeded',
		cooldown: ['rate_limit', 10], tries: 2 },
	{ code: 'resource_exhausted',
		reason: 'REASON_SERVER_OVERLOADED_FOR_FREE_USER', status: 429,
		is: 'rate_limit_exceeded', cooldown: ['rate_limit', 10], tries: 2 },
	{ code: 'resource_exhausted', reason: 'REASON_QUOTA_EXCEEDED',
		status: 429, is: 'insufficient_quota', cooldown: ['quota', 900] },
	{ code: 'permission_denied', reason: 'REASON_NO_CREDITS', status: 429,
		is: 'insufficient_quota', cooldown: ['quota', 900] },
	{ code: 'unavailable', status: 503, is: 'server_is_overloaded',
		cooldown: ['overloaded', 10], tries: 2 },
	{ code: 'unknown', reason: 'REASON_COMPLETION_OVERLOADED', status: 503,
		is: 'server_is_overloaded', cooldown: ['overloaded', 10], tries: 2 },
	{ code: 'deadline_exceeded', status: 504, is: 'upstream_timeout',
		cooldown: ['timeout', 10] },
	{ code: 'internal', status: 502, is: 'upstream_error',
		cooldown: ['upstream', 10] },
	{ code: 'never_heard_of', status: 502, is: 'upstream_error',
		cooldown: ['upstream', 10] },
].map((row, i) => ({ tries: 1, word: `row-${i}.`,
	says: /Said by Kimi/, ...row }));

const places = ['trailer', 'trailer_after_done', 'stream', 'only'];

// A credential's access token may not reach the client.
const secret = /eyJhbGci|refresh-token-\d/;

withSite('failures of Kimi web', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const ask = (members, word, request) => chat(site,
			say(scene(members, word)), { key: webKey(), ...request });
		const watch = async (members, word, more = {}) => {
			const s = stream(site, say(scene(members, word), more),
				{ key: webKey() });
			await s.done;
			return s;
		};
		const errorIn = ({ code, reason }, where) => ({ code, reason,
			message: `Said by Kimi, ${where}.`, where });

		// An answer that began, and did not end well.
		const broken = (s, text, code) => {
			assert.equal(s.status, 200, s.raw);
			assert.equal(s.text, text);
			assert.ok(!s.finished, 'a [DONE] behind an error');
			assert.equal(s.finish, undefined);
			assert.equal(s.error?.code, code, s.raw);
		};

		// A stream that has not begun fails with the same status, unless a
		// keep-alive went out while it was tried again.
		const notBegun = (s, status, code) => {
			if (s.comments.length)
				return broken(s, '', code);
			assert.equal(s.status, status, s.raw);
			assert.equal(JSON.parse(s.raw).error.code, code);
		};

		// Bytes as given, then the connection breaks or stays open.
		const rawScene = (frames, more) => ({ raw_base64: Buffer.concat(frames)
			.toString('base64'), ...more });
		const say1 = (n, text) => envelope({ op: n ? 'append' : 'set',
			mask: 'block.text', block: { id: '1',
				text: { content: text } } });
		const done = envelope({ eventOffset: 9, done: {} });
		const end = envelope({}, 2);
		await check('Kimi replies at all', async () =>
			answerOf(await chat(site, say('hello'))));
		await Promise.all([
			...rows.map((row) => check(`${row.code} ${row.reason || ''}`,
				() => before(row))),
			check('the same errors within a reply', within),
			check('an exception retracts what was said', exception),
			check('errors by status', statuses),
			check('a refused token is renewed transparently',
				renewed),
			check('a truncated reply is an error', cut),
			check('a complete reply whose connection breaks',
				wholeAnyhow),
			check('bytes that are not a reply', nonsense),
			check('the next credential takes over', failover),
			check('... in a conversation, with its history',
				movedOn),
			check('... but not once content was sent', noFailover),
		]);

		async function before(row) {
			await Promise.all(places.map(async (where) => {
				const word = `before-${where}-${row.word}`;
				const key = webKey();
				const since = Date.now();
				const r = await ask({ error_after: 0, answer: 'nothing',
					chunks: 1, error: errorIn(row, where) }, word, { key });
				const error = errorOf(r, row.status);
				assert.equal(error.code, row.is);
				assert.match(error.message, row.says);
				assert.ok(!secret.test(r.text), r.text);
				assert.equal((await chatsWith(site, word)).length,
					row.tries, word);
				const cooldown = await cooldownOf(site, key);
				assert.equal(cooldown?.kind ?? null, row.cooldown?.[0] ?? null);
				if (row.cooldown)
					countsDown(cooldown.seconds, row.cooldown[1], since);
				if (row.status === 429)
					assert.ok(r.headers['retry-after'] >= 1);
				if (where !== 'only')
					await leavesNothing(site, word, row.tries);
				if (where === 'trailer')
					notBegun(await watch({ error_after: 0, error:
						errorIn(row, where) }, `stream-${row.word}`),
					row.status, row.is);
			}));
		}

		async function within() {
			await Promise.all(rows.map(async (row) => {
				for (const where of places.slice(0, 3)) {
					const last = where === 'trailer_after_done';
					const word = `within-${where}-${row.word}`;
					const s = await watch({ answer: 'ab cd', chunks: 2,
						error_after: last ? 2 : 1, cut_bytes: 3,
						error: errorIn(row, where) }, word);
					broken(s, last ? 'ab cd' : 'ab', row.is);
					assert.match(s.error.message, row.says);
					assert.equal((await chatsWith(site, word)).length, 1);
					const r = await ask({ answer: 'ab cd', error_after: 1,
						error: errorIn(row, where) }, `w${word}`);
					assert.equal(errorOf(r, row.status).code, row.is);
				}
			}));
		}

		async function exception() {
			const error = { reason: 'REASON_COMPLETION_OVERLOADED',
				message: '当前使用的人太多了', where: 'exception' };
			const r = await ask({ error_after: 0, error }, 'exception-0.');
			assert.match(errorOf(r, 503).message, /当前使用的人太多了/);
			assert.equal((await chatsWith(site, 'exception-0.')).length, 2);
			await leavesNothing(site, 'exception-0.', 2);
			broken(await watch({ error_after: 1, answer: 'abcd', chunks: 2,
				error, cut_bytes: 1 }, 'exception-1.'), 'ab',
			'server_is_overloaded');
			// What follows a retraction is not taken for the answer.
			broken(await watch({ retract: 'wrong', answer: 'right' },
				'retracted.'), 'wrong', 'server_is_overloaded');
		}

		async function statuses() {
			const cases = [[{ status: 401 }, 401, 2], [{ status: 403 }, 403],
				[{ status: 429, headers: { 'Retry-After': '7' } }, 429],
				[{ status: 500 }, 502],
				[{ status: 502, body: '<html>Bad Gateway</html>' }, 502],
				[{ status: 503 }, 503, 2],
				[{ status: 503, headers: { 'Retry-After': '9' } }, 503],
				[{ status: 504 }, 504],
				[{ status: 302, headers: { Location: '/login' } }, 502]];
			await Promise.all(cases.map(async ([members, status, tries], i) => {
				const word = `status-${i}.`;
				const r = await ask(members, word);
				errorOf(r, status);
				assert.ok(!/html/i.test(r.text), r.text);
				assert.equal((await chatsWith(site, word)).length,
					tries || 1, word);
				if (status === 429)
					assert.ok(Math.abs(r.headers['retry-after'] - 7) <= 1);
			}));
		}

		async function renewed() {
			for (const members of [{ status: 401 }, { error_after: 0,
				error: { code: 'unauthenticated', where: 'only' } }]) {
				const word = `renewed-${members.status}.`;
				await laid(site, word, members, 1, { route: 'chat' });
				const s = await watch({ answer: 'after all' }, word);
				await finished(s);
				assert.equal(s.text, 'after all');
				const sent = await chatsWith(site, word);
				assert.equal(new Set(sent.map((r) => r.token)).size, 2);
			}
		}

		async function cut() {
			const error = 'upstream_error';
			for (const [members, text] of [
				[{ close_after: 2, chunks: 4, answer: 'a b c d ' }, 'a b '],
				[{ close_after: 2, chunks: 4, answer: 'a b c d ',
					cut_bytes: 1 }, 'a b '],
				[{ end: 'truncated', answer: 'a b' }, 'a b']])
				broken(await watch(members, 'cut.'), text, error);
			for (const members of [{ close_after: 0 }, { drop: true },
				{ end: 'truncated', answer: '' }]) {
				const word = `cut-${JSON.stringify(members).length}.`;
				notBegun(await watch(members, word), 502, error);
				// Else Kimi does not say what the chat is called.
				if (members.end)
					await leavesNothing(site, word);
				const r = await ask(members, 'cut whole');
				assert.equal(errorOf(r, 502).code, error);
			}
		}

		async function wholeAnyhow() {
			for (const tail of [[done], [end],
				[done, end], [done, Buffer.from([2, 0, 0])]]) {
				const s = await watch(rawScene([say1(0, 'a'), say1(1, 'b'),
					...tail], { close_after: 0 }), 'whole anyhow');
				await finished(s);
				assert.equal(s.text, 'ab');
			}
			broken(await watch(rawScene([say1(0, 'a'), say1(1, 'b')],
				{ close_after: 0 }), 'not whole'), 'ab', 'upstream_error');
		}

		async function nonsense() {
			const rubbish = [Buffer.from('<html>Please log in</html>'),
				Buffer.alloc(0), Buffer.from([0, 0]), envelope('{not json'),
				envelope('[]'), envelope({}), end, done,
				Buffer.from([0, 255, 255, 255, 255, 1]),
				envelope('null'), envelope({ block: 7 }),
				envelope({ block: { text: { content: 7 } }, op: [] }),
				Buffer.from([7, 0, 0, 0, 2, 123, 125])];
			await Promise.all(rubbish.map(async (bytes, i) => {
				const r = await ask(rawScene([bytes]), `rubbish-${i}.`);
				// `done` alone: an answer of nothing.
				if (bytes === done)
					assert.equal(answerOf(r) || '', '');
				else
					assert.equal(errorOf(r, 502).code, 'upstream_error');
				if (i > 2 && bytes !== done && bytes !== end)
					broken(await watch(rawScene([say1(0, 'a'), bytes]),
						'rubbish behind'), 'a', 'upstream_error');
			}));
			broken(await watch({ frame: 'oversized', answer: 'abcd',
				chunks: 2 }, 'oversized'), 'ab', 'upstream_error');
			notBegun(await watch({ frame: 'compressed' }, 'compressed'), 502,
				'upstream_error');
		}

		// Two credentials of which one fails with that scene: until it
		// was asked, and once more.
		async function withOne(members, word, request) {
			const bad = webKey('one-fails');
			const keys = [bad, webKey('other')];
			await laid(site, word, members, 1, { route: 'chat' });
			const r = await chat(site, say(word), { ...request,
				key: keys.join(',') });
			const sent = await chatsWith(site, word);
			return { r, sent, keys };
		}

		async function failover() {
			const cases = [...rows.filter((row) => row.cooldown
					&& row.status !== 401).map((row) => ({ error_after: 0,
				error: errorIn(row, 'trailer') })),
			{ status: 403 }, { status: 429 }, { status: 502 },
			{ close_after: 0 }, { error_after: 0, error:
				{ where: 'exception' } }, rawScene([envelope('{')])];
			await Promise.all(cases.map(async (members, i) => {
				const { r, sent } = await withOne(members, `failover-${i}.`);
				assert.match(answerOf(r), /You said: failover/);
				assert.equal(sent.length, 2);
				assert.notEqual(sent[0].token, sent[1].token);
				if (members.close_after !== 0)
					await leavesNothing(site, `failover-${i}.`,
						members.error_after === 0 ? 1 : 0);
			}));
			const { r, sent } = await withOne({ error_after: 0, error: {
				code: 'invalid_argument', message: 'no' } }, 'not-over.');
			errorOf(r, 400);
			assert.equal(sent.length, 1);
		}

		async function movedOn() {
			const path = '/v1/chat/completions/moved-on';
			const key = [webKey('moved'), webKey('moved')].join(',');
			answerOf(await chat(site, say('moved-one'), { key, path }));
			await laid(site, 'moved-two', { status: 429 }, 1,
				{ route: 'chat' });
			assert.match(answerOf(await chat(site, say('moved-two'),
				{ key, path })), /moved-one[^]*moved-two/);
			const sent = await chatsWith(site, 'moved-two');
			assert.equal(sent.length, 2);
			assert.ok(sent[0].body.chat_id);
			assert.equal(sent[1].body.chat_id, undefined);
			assert.match(textOf(sent[1]), /moved-one/);
		}

		async function noFailover() {
			const key = [webKey('no-fail'), webKey('no-fail')].join(',');
			const s = stream(site, say(scene({ answer: 'abcd', chunks: 2,
				error_after: 1 }, 'no-failover.')), { key });
			await s.done;
			broken(s, 'ab', 'rate_limit_exceeded');
			assert.equal((await chatsWith(site, 'no-failover.')).length, 1);
			await leavesNothing(site, 'no-failover.');
		}
	});

withSite('silence of Kimi web', 'lighttpd_fastcgi',
	{ settings: { ...settings, KIMI_READ_TIMEOUT: READ } },
	async (check, site) => {
		const ask = (members, word) => chat(site,
			say(scene(members, word)), { key: webKey() });
		const watch = async (members, word) => {
			const s = stream(site, say(scene(members, word)),
				{ key: webKey() });
			await s.done;
			return s;
		};
		let silences = 0;

		await Promise.all([
			check('silence times out', () => retryIfLate(silence)),
			check('heartbeats do not count as silence', alive),
		]);

		async function silence() {
			const word = `silence-${++silences}`;
			const begun = now();
			const [r, s] = await Promise.all([
				ask({ silence_ms: 200000 }, `${word}-whole.`),
				watch({ chunks: 2, chunk_ms: 200000, answer: 'abcd' },
					`${word}-stream.`)]);
			const ms = now() - begun;
			errorOf(r, 504);
			assert.equal(s.text, 'ab');
			assert.ok(!s.finished, 'a [DONE] after an error');
			assert.equal(s.error?.code, 'upstream_timeout', s.raw);
			assert.ok(s.comments.length >= 1);
			await leavesNothing(site, `${word}-whole.`);
			inTime(ms < 15000, `${ms} ms`);
		}

		async function alive() {
			const s = await watch({ silence_ms: READ * 1000 + 1500,
				comment_ms: 500, answer: 'at last' }, 'alive.');
			await finished(s);
			assert.equal(s.text, 'at last');
		}
	});
