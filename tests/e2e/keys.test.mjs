// SPDX-License-Identifier: MIT
// Who may call: API keys, their headers, credentials that clients send.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build, folder, put, runAs } from './lib/process.mjs';
import { call, chat, say, scene } from './lib/http.mjs';
import { accessToken, refreshToken } from './lib/jwt.mjs';
import { answerOf, errorOf, withSite } from './lib/suite.mjs';

withSite('keys', 'lighttpd_fastcgi', {}, async (check, site) => {
	const hello = (request) => chat(site, say('hello'), request);
	const bearer = (value) => ({ key: '',
		headers: { authorization: value } });

	await Promise.all([
		check('a key is read from every header, in any case', forms),
		check('the first valid key wins', several),
		check('no key or a wrong key is a 401', refused),
		check('a client\'s platform key is used as its credential', own),
		check('a client\'s list of credentials is used', list),
		check('credentials of clients are nowhere in clear text', clear),
		check('sk-default does not work where keys are set', noDefault),
	]);
	await check('ALLOW_CUSTOM_TOKENS=0 turns clients\' credentials off',
		off);
	await check('without DEFAULT_AUTHKEYS sk-default works on loopback',
		wellKnown);
	await check('without credentials the error is a clear 503', unset);
	await check('a database that cannot be written is a clear 503', noDb);

	async function forms() {
		answerOf(await hello(bearer('Bearer sk-test')));
		answerOf(await hello(bearer('bearer sk-test')));
		answerOf(await hello(bearer('BEARER   sk-test')));
		answerOf(await hello({ key: '',
			headers: { 'x-api-key': 'sk-test' } }));
		answerOf(await hello({ key: '', headers: { 'api-key': 'sk-other' } }));
	}

	async function several() {
		answerOf(await hello({ key: '??',
			headers: { 'x-api-key': 'sk-test' } }));
		answerOf(await hello({ key: 'sk-test',
			headers: { 'x-api-key': '??' } }));
	}

	async function refused() {
		for (const request of [{ key: '' }, { key: '?' }, { key: 'nothing' },
			{ key: 'sk-tes' }, { key: 'sk-test2 x' },
			bearer('Basic c2stdGVzdDo='), bearer('Bearer '),
			bearer('sk-test:'), bearer('Bearer sk-test,')]) {
			const r = await hello(request);
			const e = errorOf(r, 401);
			assert.equal(e.type, 'invalid_request_error');
		}
		const sent = JSON.stringify(await site.fake.requests());
		for (const never of ['nothing', 'sk-tes"', 'c2stdGVzdDo'])
			assert.ok(!sent.includes(never), never);
	}

	async function own() {
		const key = 'sk-APlatformKeyOfTheClient0001';
		answerOf(await chat(site, say('hello', { model: 'kimi-k3' }),
			{ key }));
		assert.equal((await site.fake.asked(key, 'completion')).length, 1);
	}

	async function list() {
		const refresh = refreshToken('list-of-a-client');
		const platform = 'sk-with-a-prefix-any-shape-is-fine';
		const key = `${refresh}, platform:${platform}`;
		answerOf(await chat(site, say('hello'), { key }));
		answerOf(await chat(site, say('hello', { model: 'kimi-k3' }),
			{ key }));
		assert.equal((await site.fake.asked(refresh, 'refresh')).length, 1);
		assert.equal((await site.fake.asked(platform, 'completion')).length,
			1);
	}

	async function clear() {
		const access = accessToken('clear-of-a-client');
		answerOf(await chat(site, say('hello'), { key: access }));
		const secret = refreshToken('clear-text-of-a-client');
		answerOf(await chat(site, say('hello'), { key: `web:${secret}` }));
		const issued = (await site.fake.requests())
			.map((r) => r.token).filter((t) => t && t.length > 12);
		assert.ok(issued.includes(access) && issued.includes(secret));
		for (const token of issued)
			assertAbsent(token.split('.').at(-1));
		assertAbsent('sk-test');
	}

	function assertAbsent(text) {
		for (const file of [site.db, `${site.db}-wal`,
			path.join(site.dir, 'kimi.log')])
			if (fs.existsSync(file))
				assert.ok(!fs.readFileSync(file).includes(text),
					`${text} stands in ${path.basename(file)}`);
	}

	async function noDefault() {
		errorOf(await hello({ key: 'sk-default' }), 401);
		errorOf(await hello({ key: 'sk-false' }), 401);
	}

	async function off() {
		site.configure({ ALLOW_CUSTOM_TOKENS: 0 });
		await site.restart();
		const key = 'sk-AKeyThatMustNotBeUsedAnywhere';
		errorOf(await chat(site, say('hello', { model: 'kimi-k3' }),
			{ key }), 401);
		assert.equal((await site.fake.asked(key)).length, 0);
		answerOf(await hello());
	}

	async function wellKnown() {
		site.configure({ DEFAULT_AUTHKEYS: null });
		await site.restart();
		answerOf(await hello({ key: 'sk-default' }));
		answerOf(await hello({ key: 'sk-false' }));
		errorOf(await hello({ key: 'sk-default',
			headers: { 'x-forwarded-for': '203.0.113.9' } }), 401);
		// A page of a name that leads here, and an empty header.
		errorOf(await hello({ key: 'sk-default',
			headers: { host: `evil.example:${site.port}` } }), 401);
		answerOf(await hello({ key: 'sk-default',
			headers: { host: `localhost:${site.port}` } }));
		const env = { HTTP_AUTHORIZATION: 'Bearer sk-default' };
		const body = JSON.stringify(say('hello'));
		assert.equal(await cgi(env, body), 200);
		assert.equal(await cgi({ ...env, REMOTE_ADDR: '::1' }, body), 200);
		assert.equal(await cgi({ REDIRECT_HTTP_AUTHORIZATION:
			'Bearer sk-default' }, body), 200);
		assert.equal(await cgi({ ...env, REMOTE_ADDR: '192.0.2.7' }, body),
			401);
		assert.equal(await cgi({ ...env, REMOTE_ADDR: '' }, body), 401);
		assert.equal(await cgi({ ...env, HTTP_HOST: '' }, body), 401);
		assert.equal(await cgi({ ...env, HTTP_VIA: '' }, body), 401);
	}

	// Only the CGI program, with the variables of another client.
	async function cgi(env, body) {
		const dir = folder('cgi');
		const file = put(dir, 'kimi.cgi',
			fs.readFileSync(path.join(build, 'kimi.cgi')), 0o755);
		const child = execFile(file, { ...runAs, cwd: dir, env: {
			KIMI_CONFIG: path.join(site.kimi, 'kimi.conf'),
			REQUEST_METHOD: 'POST', SERVER_PROTOCOL: 'HTTP/1.1',
			REQUEST_URI: '/v1/chat/completions',
			CONTENT_LENGTH: String(Buffer.byteLength(body)),
			REMOTE_ADDR: '127.0.0.1', HTTP_HOST: 'localhost',
			...env } });
		let out = '';
		child.stdout.on('data', (d) => out += d);
		child.stdin.end(body);
		await new Promise((resolve) => child.on('close', resolve));
		return Number(/^Status: (\d+)/.exec(out)?.[1]);
	}

	async function unset() {
		site.configure({ KIMI_TOKENS: null });
		await site.restart();
		const r = await hello();
		assert.match(errorOf(r, 503).message, /KIMI_TOKENS/);
		assert.equal((await call(site, '/v1/models')).status, 200);
		// A client with a credential of its own needs none of ours.
		answerOf(await chat(site, say(scene({ answer: 'mine' })),
			{ key: refreshToken('brings-its-own') }));
	}

	async function noDb() {
		site.configure({ KIMI_DB: '/proc/none/kimi.db' });
		await site.restart();
		errorOf(await hello(), 503);
		assert.equal((await call(site, '/v1/models')).status, 200);
		assert.match(fs.readFileSync(path.join(site.dir, 'kimi.log'), 'utf8'),
			/kimi\.db/);
	}
});
