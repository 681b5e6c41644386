// SPDX-License-Identifier: MIT
// Many credentials: rotation, failover, cooldown, renewal. The checks run one
// after the other, each with its own credentials.

import assert from 'node:assert/strict';
import { inTime, retryIfLate, sleep, until } from './lib/process.mjs';
import { chat, now, say, scene, stream } from './lib/http.mjs';
import { accessToken, refreshToken } from './lib/jwt.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

withSite('credentials', 'lighttpd_fastcgi', {}, async (check, site) => {
	const { fake } = site;
	const platform = (name) => `sk${name.replaceAll('-', '')}`
		.replace('sk', 'sk-').padEnd(32, 'x');
	const ask = (key, text = 'hello', more = { model: 'kimi-k3' }) =>
		chat(site, say(text, more), { key });
	const web = { model: 'k2' };
	const count = async (token, route = 'completion') =>
		(await fake.asked(token, route)).length;
	const fails = (token, scene) => fake.scenes({
		match: { token, route: 'completion' }, times: -1, scene });

	await check('requests rotate over all credentials that serve the model',
		rotation);
	await check('the next credential is tried as long as nothing was sent',
		failover);
	await check('a credential is used again after Retry-After', cooldown);
	await check('with no credential left, error precedence decides',
		noneLeft);
	await check('there is no failover once content was sent', noFailover);
	await check('the model chooses the service of a mixed list', mixed);
	await check('an access token is used directly', access);
	await check('eight concurrent requests cause one refresh', oneRefresh);
	await check('an expired access token is renewed', expiry);
	await check('a revoked access token is renewed transparently', revoked);
	await check('a rotated refresh token survives restarts', rotated);
	await check('a refresh that fails moves on to the next', badRefresh);
	await check('a client that leaves during a refresh loses no token',
		leftInRefresh);
	await check('... and leaves no half-created chat at Kimi',
		leftInCreate);
	await check('a chat is also deleted with a renewed token',
		renewedForDelete);
	await check('an opaque token in Kimi\'s error is not passed on',
		opaque);
	await check('a busy account is skipped', oneStream);
	await check('the program identifies itself', userAgent);

	// The refresh token is used up at Kimi: its successor must be stored.
	async function leftInRefresh() {
		const key = 'web:left-during-the-refresh';
		await fake.scenes({ match: { route: 'refresh',
			token: 'left-during-the-refresh' }, times: 1,
		scene: { hold: 'the-refresh' } });
		const s = stream(site, say('hello', web), { key });
		await until('the refresh is asked for', () =>
			count('left-during-the-refresh', 'refresh'));
		s.leave();
		await sleep(500);
		await fake.open('the-refresh');
		answerOf(await ask(key, 'hello', web));
		assert.equal(await count('left-during-the-refresh', 'refresh'), 1);
	}

	async function leftInCreate() {
		const key = 'web:left-during-the-creation';
		answerOf(await ask(key, 'hello', web));
		await until('the first chat is gone', async () =>
			(await fake.stats()).chats.length === 0);
		await fake.scenes({ match: { route: 'chat_create' }, times: 1,
			scene: { hold: 'the-creation' } });
		const before = (await fake.stats()).requests;
		const s = stream(site, say('hello', web), { key });
		await until('the second chat is asked for', async () =>
			(await fake.stats()).requests['web.chat_create']
				> before['web.chat_create']);
		s.leave();
		await sleep(500);
		await fake.open('the-creation');
		await until('the second chat is made and gone', async () => {
			const { requests, chats } = await fake.stats();
			return requests['web.chat_create'] ===
				before['web.chat_create'] + 1 &&
				requests['web.chat_delete'] ===
				before['web.chat_delete'] + 1 && chats.length === 0;
		});
	}

	async function renewedForDelete() {
		const key = 'web:renewed-for-the-deletion';
		await fake.scenes({ match: { route: 'chat_delete' }, times: 1,
			scene: { status: 401 } });
		answerOf(await ask(key, 'hello', web));
		await until('the chat is gone', async () =>
			(await fake.stats()).chats.length === 0);
		assert.equal(await count('renewed-for-the-deletion', 'refresh'), 2);
	}

	async function opaque() {
		const r = await ask('web:an-opaque-token-that-is-told', say('x', web)
			.messages[0].content + ' fake:' + JSON.stringify({ status: 500,
			body: { error_type: 'x.y', message:
				'no good: an-opaque-token-that-is-told, sorry' } }), web);
		const error = errorOf(r, 502);
		assert.match(error.message, /no good: \.+, sorry/);
	}

	async function rotation() {
		const names = ['rot-a', 'rot-b', 'rot-c'].map(platform);
		for (let i = 0; i < 6; i++)
			answerOf(await ask(names.join(',')));
		for (const name of names)
			assert.equal(await count(name), 2);
	}

	async function failover() {
		const scenes = [{ status: 401 }, { status: 403 },
			{ status: 429, headers: { 'Retry-After': '30' } },
			{ status: 500 }, { status: 503 }, { close_after: 0 }];
		for (const [i, scene] of scenes.entries()) {
			const bad = platform(`fail-${i}-first`);
			const good = platform(`fail-${i}-second`);
			await fails(bad, scene);
			for (let n = 0; n < 4; n++)
				answerOf(await ask(`${bad},${good}`));
			assert.equal(await count(good), 4);
			// It cools down now: one attempt was enough.
			assert.equal(await count(bad), 1, JSON.stringify(scene));
		}
	}

	async function cooldown() {
		let serial = 0, first, second;
		await retryIfLate(async () => {
			first = platform(`cooldown-first-${++serial}`);
			second = platform(`cooldown-second-${serial}`);
			await fake.scenes({ match: { token: first,
				route: 'completion' }, times: 1,
				scene: { status: 429, headers: { 'Retry-After': '2' } } });
			const begun = now();
			for (let n = 0; n < 2; n++)
				answerOf(await ask(`${first},${second}`));
			const ms = now() - begun;
			// Later than that, the cooldown may have ended.
			inTime(ms < 1900, `both replies took ${ms} ms`);
			assert.equal(await count(first), 1);
		});
		await sleep(2300);
		for (let n = 0; n < 2; n++)
			answerOf(await ask(`${first},${second}`));
		assert.equal(await count(first), 2);
	}

	async function noneLeft() {
		// The last column: how often each is asked where a retry may help.
		const cases = [
			[{ status: 429, headers: { 'Retry-After': '9' } }, 429, 1],
			[{ status: 401 }, 401, 1], [{ status: 500 }, 502, 2],
			[{ status: 503 }, 503, 2], [{ status: 504 }, 504, 1]];
		await Promise.all(cases.map(async ([scene, status, times]) => {
			const both = ['a', 'b'].map((x) =>
				platform(`none-${status}-${x}`));
			for (const token of both)
				await fails(token, scene);
			const r = await ask(both.join(','));
			errorOf(r, status);
			for (const token of both)
				assert.equal(await count(token), times);
			if (status === 429) {
				const after = Number(r.headers['retry-after']);
				assert.ok(after <= 10 && after >= 8 - r.ms / 1000, `${after}`);
				// All are in cooldown: reported without asking again.
				const again = await ask(both.join(','));
				errorOf(again, 429);
				assert.ok(again.headers['retry-after'] >= 1);
				for (const token of both)
					assert.equal(await count(token), 1);
			}
		}));
	}

	async function noFailover() {
		const both = ['mid-a', 'mid-b'].map(platform);
		for (const token of both)
			await fails(token, { error_after: 1,
				error: { type: 'server_error', message: 'oops' } });
		const s = stream(site, say('hello', { model: 'kimi-k3' }),
			{ key: both.join(',') });
		await s.done;
		assert.ok(s.error);
		assert.equal(await count(both[0]) + await count(both[1]), 1);
	}

	async function mixed() {
		const key = platform('mixed');
		const list = `web:refresh-of-mixed,${key}`;
		answerOf(await ask(list, 'hello', web));
		assert.equal(await count(key), 0);
		answerOf(await ask(list));
		assert.equal(await count(key), 1);
		const none = await ask(key, 'hello', web);
		assert.ok([400, 401, 403, 404, 503].includes(none.status),
			none.text);
		errorOf(none, none.status);
		assert.equal(await count(key), 1);
	}

	async function oneRefresh() {
		const token = refreshToken('one-refresh');
		await fake.scenes({ match: { route: 'refresh', token }, times: 1,
			scene: { delay_ms: 400 } });
		const replies = await Promise.all(Array.from({ length: 8 }, () =>
			ask(token, 'hello', web)));
		replies.forEach(answerOf);
		assert.equal(await count(token, 'refresh'), 1);
	}

	async function expiry() {
		await fake.settings({ lifetime: 2 });
		const token = refreshToken('expiry');
		answerOf(await ask(token, 'hello', web));
		await sleep(2500);
		await fake.settings({ lifetime: 900 });
		answerOf(await ask(token, 'hello', web));
		const before = await count(token, 'refresh');
		assert.ok(before >= 2, `${before} refreshes`);
		answerOf(await ask(token, 'hello', web));
		assert.equal(await count(token, 'refresh'), before);
	}

	async function revoked() {
		const token = refreshToken('revoked');
		answerOf(await ask(token, 'hello', web));
		await fake.settings({ revoke_access: true });
		answerOf(await ask(token, 'hello', web));
		assert.equal(await count(token, 'refresh'), 2);
		await fake.settings({ revoke_access: true });
		await finished(stream(site, say('hello'), { key: token }));
		assert.equal(await count(token, 'refresh'), 3);
	}

	async function rotated() {
		const token = refreshToken('rotated');
		await fake.settings({ rotate: true });
		answerOf(await ask(token, 'rotated-1', web));
		await fake.settings({ revoke_access: true });
		answerOf(await ask(token, 'rotated-2', web));
		await site.restart();
		await fake.settings({ revoke_access: true });
		answerOf(await ask(token, 'rotated-3', web));
		await fake.settings({ rotate: false });
		assert.equal(await count(token, 'refresh'), 1);
	}

	async function access() {
		const token = accessToken('access-only');
		answerOf(await ask(token, 'hello', web));
		assert.equal(await count(token, 'completion'), 1);
		assert.equal(await count(token, 'refresh'), 0);
		const old = accessToken('access-expired', -60);
		errorOf(await ask(old, 'hello', web), 401);
	}

	async function badRefresh() {
		const bad = 'web:bad-refresh-token-of-nobody';
		const good = refreshToken('good-refresh');
		for (let n = 0; n < 3; n++)
			answerOf(await ask(`${bad},${good}`, 'hello', web));
		assert.ok(await count('bad-refresh-token', 'refresh') <= 1);
		errorOf(await ask('web:another-bad-refresh-token', 'hello', web),
			401);
	}

	async function oneStream() {
		const both = ['busy-a', 'busy-b'].map((x) => refreshToken(x));
		await fake.settings({ one_stream: true });
		const slow = stream(site, say(scene({ answer: 'one two', chunks: 2,
			gate: 'the-busy-one' })), { key: both.join(',') });
		await slow.content(1);
		for (let n = 0; n < 3; n++)
			answerOf(await ask(both.join(','), 'hello', web));
		await fake.open('the-busy-one');
		await finished(slow);
		await fake.settings({ one_stream: false });
	}

	async function userAgent() {
		const agents = new Set((await fake.requests())
			.map((r) => r.user_agent));
		assert.equal((await fake.stats()).browser_user_agents, 0,
			[...agents].join('; '));
		for (const agent of agents)
			assert.match(agent, /kimi-proxy/);
	}
});
