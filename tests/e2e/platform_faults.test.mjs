// SPDX-License-Identifier: MIT
// Every row of the Open Platform's error table: reported correctly, without the
// account's ids, and tried elsewhere as long as no content was sent.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { inTime, retryIfLate, sleep, until } from './lib/process.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { faultFailover, faultStream, faultWhole } from './lib/faults.mjs';
import { askK3, platformKey, secretOf, sentWith } from './lib/kimi.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const wrong = { status: 400, type: 'invalid_request_error' };
const refused = { status: 401, type: 'authentication_error',
	code: 'invalid_api_key', cooldown: ['credential', 300] };
const forbidden = { status: 403, type: 'permission_error',
	cooldown: ['forbidden', 300] };
const overflow = { ...wrong, code: 'context_length_exceeded' };
const overloaded = (after, tries) => ({ status: 503, type: 'server_error',
	code: 'server_is_overloaded', cooldown: ['overloaded', after ?? 10],
	after, tries });
const noModel = { status: 404, type: 'invalid_request_error',
	code: 'model_not_found', cooldown: ['model', 0] };
const limited = (after) => ({ status: 429, type: 'rate_limit_error',
	code: 'rate_limit_exceeded', cooldown: ['rate_limit', after], after });
const quota = { status: 429, type: 'insufficient_quota',
	code: 'insufficient_quota', cooldown: ['quota', 900], after: 900 };
const broken = (tries = 1) => ({ status: 502, type: 'server_error',
	code: 'upstream_error', cooldown: ['upstream', 10], tries });

const rows = Object.entries({
	content_filter: { ...wrong, code: 'content_filter' },
	invalid_request: { ...wrong, code: 'invalid_value' },
	input_too_long: overflow,
	token_limit: overflow,
	context_length: overflow,
	context_text: overflow,
	context_nested: overflow,
	context_window: overflow,
	context_detail: overflow,
	unauthorized_page: { ...refused, says: /401 Authorization Required/ },
	not_found_page: { ...wrong, status: 404, code: 'not_found',
		says: /404 Not Found/ },
	too_large_page: { ...wrong, status: 413, code: 'request_too_large',
		says: /413 Request Entity Too Large/ },
	invalid_authentication: refused,
	incorrect_api_key: refused,
	permission_denied: forbidden,
	ip_not_allowed: forbidden,
	not_found: { ...wrong, status: 404, code: 'not_found' },
	model_not_found: { ...noModel, says: /or Permission denied/ },
	url_not_found: { ...wrong, status: 404, code: 'not_found',
		says: /没找到对象/ },
	engine_overloaded: overloaded(2),
	rpm: limited(1),
	concurrency: limited(1),
	tpm: limited(10),
	tpd: limited(10),
	insufficient_balance: quota,
	token_quota: quota,
	client_closed: broken(4),
	server_error: broken(4),
	unexpected_output: broken(4),
	bad_gateway: broken(),
	server_unavailable: overloaded(undefined, 2),
	gateway_timeout: { status: 504, type: 'server_error',
		code: 'upstream_timeout', cooldown: ['timeout', 10] },
}).map(([fault, row]) => ({ fault, ...row }));

withSite('platform, faults', 'lighttpd_fastcgi', {}, async (check, site) => {
	// Without thinking nothing stands before the first word.
	const quick = (text) => say(text, { model: 'kimi-k2.6',
		thinking: { type: 'disabled' } });
	const each = (body) => () => Promise.all(rows.map(body));

	await Promise.all([
		check('each final error has its status, code and type',
			each((row) => faultWhole(site, row, askK3, platformKey()))),
		check('a stream that has not begun fails with the same status',
			each((row) => faultStream(site, row, askK3, platformKey()))),
		check('the next credential is tried when it may succeed',
			each((row) => faultFailover(site, row, askK3,
				[platformKey(), platformKey()]))),
		check('an error event before the first content allows a retry',
			first),
		check('... and after it is passed on without account ids',
			later),
		check('a credential in cooldown is not used', unused),
		check('... unless its time is a guess and there is no other',
			guessed),
		check('... which is then tried once', once),
		check('an overload is retried unless Kimi names a time',
			overload),
		check('a temporary fault is gone at the second try', passing),
		check('a stream retries only while its client is there', waits),
		check('broken streams are errors, whole and streamed', streams),
	]);
	await check('no account id is in the log', () => {
		const log = fs.readFileSync(`${site.dir}/kimi.log`, 'utf8');
		assert.match(log, /org-\.{8}/);
		assert.ok(!/fake0123/.test(log));
	});

	async function first() {
		await Promise.all(['rpm', 'server_error', 'insufficient_balance']
			.map(async (fault) => {
				const word = `event-first-${fault}.`;
				const keys = [platformKey(), platformKey()];
				await site.fake.scenes({ match: { prompt: word,
					token: secretOf(keys[0]) }, times: -1,
				scene: { fault, error_after: 0 } });
				const faulty = async () => (await sentWith(site, word))
					.filter((r) => keys[0].endsWith(r.token)).length;
				let requests = 0;
				for (; await faulty() === 0; requests++)
					assert.match((await finished(stream(site, quick(word),
						{ key: keys.join(',') }))).text, /fake Kimi/);
				assert.equal((await sentWith(site, word)).length,
					requests + 1);
			}));
	}

	async function later() {
		const cases = [['rpm', 'rate_limit_error', 'rate_limit_exceeded'],
			['insufficient_balance', 'insufficient_quota',
				'insufficient_quota'],
			['content_filter', 'invalid_request_error', 'content_filter'],
			['token_limit', 'invalid_request_error',
				'context_length_exceeded'],
			['engine_overloaded', 'server_error',
				'server_is_overloaded'],
			['context_length', 'invalid_request_error',
				'context_length_exceeded'],
			['server_error', 'server_error', 'upstream_error']];
		await Promise.all(cases.map(async ([fault, type, code]) => {
			const word = `event-later-${fault}.`;
			const key = [platformKey(), platformKey()].join(',');
			const s = stream(site, quick(scene({ fault, error_after: 2 },
				word)), { key });
			await s.done;
			assert.equal(s.status, 200);
			assert.equal(s.contents.length, 2, fault);
			assert.equal(s.error.type, type, fault);
			assert.equal(s.error.code, code, fault);
			assert.ok(!/fake0123/.test(s.raw), s.raw);
			assert.ok(!s.finished && !s.finish, fault);
			assert.equal((await sentWith(site, word)).length, 1);
			const row = await site.row(s.headers['x-request-id']);
			assert.equal(row.status, 'failed');
			assert.equal(row.http_status, 200);
			// Who waits for the whole answer gets the plain error.
			const r = await chat(site, quick(scene({ fault, error_after: 2 },
				`whole ${word}`)), { key: platformKey() });
			assert.equal(errorOf(r, r.status).code, code, fault);
			assert.notEqual(r.status, 200);
		}));
	}

	async function unused() {
		const key = platformKey();
		errorOf(await chat(site, askK3(scene({ fault: 'tpm',
			headers: { 'Retry-After': '10' } })), { key }), 429);
		const word = 'while-it-rests';
		const r = await chat(site, askK3(word), { key });
		assert.equal(errorOf(r, 429).code, 'rate_limit_exceeded');
		const after = Number(r.headers['retry-after']);
		assert.ok(after >= 5 && after <= 10, after);
		assert.equal((await sentWith(site, word)).length, 0);
	}

	// The time is ours, and there is nothing else to try.
	async function guessed() {
		await Promise.all(['tpm', 'insufficient_balance',
			'invalid_authentication', 'permission_denied']
			.map(async (fault) => {
				const key = platformKey();
				const word = `guessed-${fault}.`;
				await site.fake.scenes({ match: { prompt: word }, times: 2,
					scene: { fault } });
				const asked = async () => (await sentWith(site, word)).length;
				for (let i = 1; i <= 2; i++) {
					const r = await chat(site, askK3(word), { key });
					assert.notEqual(r.status, 200, fault);
					assert.equal(await asked(), i, fault);
				}
				const s = await finished(stream(site, askK3(word), { key }));
				assert.match(s.text, /fake Kimi/);
				assert.equal(await asked(), 3);
			}));
	}

	// One try, although an overload alone is tried twice.
	async function once() {
		const key = platformKey();
		errorOf(await chat(site, askK3(scene({ fault: 'tpm' })), { key }), 429);
		const word = 'guessed-once.';
		await site.fake.scenes({ match: { prompt: word }, times: 9,
			scene: { fault: 'server_error' } });
		errorOf(await chat(site, askK3(word), { key }), 502);
		assert.equal((await sentWith(site, word)).length, 1);
	}

	async function overload() {
		const word = 'overload-again';
		const key = platformKey();
		await site.fake.scenes({ match: { prompt: word }, times: 1, scene: {
			status: 429, body: { error: { type: 'engine_overloaded_error',
				message: 'The engine is currently overloaded' } } } });
		assert.match(answerOf(await chat(site, askK3(word), { key })),
			/fake Kimi/);
		assert.equal((await sentWith(site, word)).length, 2);
	}

	async function passing() {
		await Promise.all(['server_error', 'server_unavailable',
			'client_closed'].map(async (fault) => {
			const word = `passing-${fault}`;
			const key = platformKey();
			await site.fake.scenes({ match: { prompt: word }, times: 1,
				scene: { fault } });
			const r = await chat(site, askK3(word), { key });
			assert.match(answerOf(r), /fake Kimi/);
			assert.ok(r.ms > 900, `after ${r.ms} ms`);
			const row = await site.row(r.headers['x-request-id']);
			assert.equal(row.status, 'done');
			assert.equal(row.error, null);
			answerOf(await chat(site, askK3(word), { key }));
		}));
	}

	async function waits() {
		let serial = 0;
		await retryIfLate(async () => {
			const word = `stream-waits-${++serial}.`;
			await site.fake.scenes({ match: { prompt: word }, times: 3,
				scene: { fault: 'server_error' } });
			const s = stream(site, askK3(word), { key: platformKey() });
			await until('Kimi is asked', async () =>
				(await sentWith(site, word)).length);
			await sleep(300);
			s.leave();
			await s.done;
			await sleep(1500);
			// The retry comes after a second: the program has to notice
			// before then that the client left.
			const { length } = await sentWith(site, word);
			inTime(length === 1, `Kimi was asked ${length} times`);
		});
	}

	async function streams() {
		const cases = [[{ close_after: 1 }, /connection to Kimi was lost/],
			[{ end: 'truncated' }, /ended unexpectedly/],
			[{ raw: 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'
				+ 'data: {no json\n\n' }, /not JSON/],
			[{ raw: 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n',
				close_after: 1 }, /connection to Kimi was lost/]];
		await Promise.all(cases.map(async ([members, words]) => {
			const what = JSON.stringify(members);
			const s = stream(site, quick(scene(members)),
				{ key: platformKey() });
			await s.done;
			assert.match(s.error?.message || '', words, what);
			assert.ok(s.text.length > 0 && !s.finished, what);
			const r = await chat(site, quick(scene(members)),
				{ key: platformKey() });
			assert.match(errorOf(r, 502).message, words, what);
		}));
	}
});
