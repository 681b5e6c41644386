// SPDX-License-Identifier: MIT
// A server whose own credentials Kimi rejects says so, at once and for as long
// as it lasts; one request that fails everywhere takes none of them away.

import assert from 'node:assert/strict';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { accessToken } from './lib/jwt.mjs';
import { codeKey, fingerprint, platformKey, sentWith } from './lib/kimi.mjs';
import { webKey } from './lib/web.mjs';
import { answerOf, errorOf, withSite } from './lib/suite.mjs';

const logIn = /log in at www\.kimi\.com and copy refresh_token again \(each installation needs its own\)/;
const rejected = {
	'Kimi web': { model: 'k2', todo: logIn, own: webKey('bad'),
		tokens: ['web:bad-refresh-token-of-the-server'] },
	'two of Kimi web': { model: 'k2', todo: logIn, own: webKey('bad'),
		tokens: ['web:bad-refresh-token-one', 'web:bad-refresh-token-two'] },
	'Kimi web, an access token that expired': { model: 'k2', todo: logIn,
		own: `web:${accessToken('a stranger', -100)}`,
		tokens: [`web:${accessToken('expired', -100)}`],
		says: /access token has expired/ },
	'Open Platform': { model: 'kimi-k3', own: platformKey('bad'),
		todo: /make a new key at platform\.kimi\.ai/,
		tokens: ['sk-bad-key-of-the-server-aaaaaaaaaaaa',
			'sk-bad-key-of-the-server-bbbbbbbbbbbb'] },
	'Kimi Code': { model: 'kimi-for-coding', own: codeKey('bad'),
		todo: /make a new key at www\.kimi\.com\/code\/console/,
		tokens: ['sk-kimi-bad-key-of-the-server-aaaaaaa'] },
};

for (const [name, row] of Object.entries(rejected))
	withSite(`rejected: ${name}`, 'lighttpd_fastcgi', { settings: {
		KIMI_TOKENS: row.tokens.join(','), KIMI_WEB_PROTOCOL: 'auto' } },
	async (check, site) => {
		const body = say('hello', { model: row.model });
		const clear = (text) => row.tokens.every((token) =>
			!text.includes(token.replace('web:', '')));
		const ids = [];

		async function told(r) {
			const error = errorOf(r, 502);
			assert.equal(error.code, 'upstream_credential_rejected');
			assert.equal(error.type, 'server_error');
			assert.match(error.message, /this server's credential/);
			assert.match(error.message, row.todo);
			assert.match(error.message, row.says ?? /Kimi says: ./);
			assert.equal(r.headers['x-should-retry'], 'false');
			assert.ok(clear(r.text), r.text);
			ids.push(r.headers['x-request-id']);
		}

		await check('at the first failure and at every later one', async () => {
			for (let i = 0; i < 4; i++)
				await told(await chat(site, body));
		});
		await check('... also by another process', async () => {
			await site.restart();
			await told(await chat(site, body));
		});
		await check('a stream and another dialect say the same', async () => {
			const s = stream(site, body);
			await s.done;
			assert.equal(s.status, 502);
			assert.match(JSON.parse(s.raw).error.message, row.todo);
			const r = await call(site, '/v1/messages', { body: {
				...body, max_tokens: 100 } });
			assert.equal(r.status, 502, r.text);
			assert.equal(r.json.error.type, 'api_error');
			assert.equal(r.json.error.details.error_code,
				'upstream_credential_rejected');
			assert.match(r.json.error.message, row.todo);
		});
		await check('the log and v_errors name the credential', async () => {
			const log = site.logs();
			for (const id of ids) {
				const [line] = log.split('\n').filter((l) =>
					l.includes(id) && l.includes(' request '));
				assert.match(line, row.todo);
				assert.match(line, /\((web|platform|code) [^)]*…[^)]*\)/);
				const [error] = await site.query(`SELECT * FROM v_errors
					WHERE request = '${id}'`);
				assert.equal(error.kind, 'our_credential');
				assert.match(error.credential, /^(web|platform|code) .*…/);
				assert.match(error.error, row.todo);
			}
			assert.ok(clear(log), 'a secret is in the log');
		});
		await check('a stranger hears of a key of their own', async () => {
			const r = await chat(site, body, { key: row.own });
			const error = errorOf(r, 401);
			assert.equal(error.code, 'invalid_api_key');
			assert.match(error.message,
				/your credential|API key is not one of this server/);
			assert.doesNotMatch(error.message, /KIMI_TOKENS/);
		});
	});

withSite('a credential that was rejected works again', 'lighttpd_fastcgi',
	{ settings: { KIMI_TOKENS: 'web:refresh-token-of-the-server' } },
	async (check, site) => {
		const ask = () => chat(site, say('hello', { model: 'k2' }));

		await check('then nothing is left of what Kimi said', async () => {
			await site.fake.scenes({ match: { route: 'refresh' }, times: 2,
				scene: { status: 401 } });
			errorOf(await ask(), 502);
			const row = async () => (await site.query(`SELECT * FROM
				credentials WHERE fingerprint = '${fingerprint(
		'web:refresh-token-of-the-server')}'`))[0];
			assert.match((await row()).cooldown_words, /./);
			answerOf(await ask());
			const now = await row();
			assert.equal(now.cooldown_words, null);
			assert.equal(now.cooldown_kind, null);
			assert.equal(now.cooldown_until, 0);
		});
	});

const forty = Array.from({ length: 40 }, (_, i) =>
	`sk-one-of-forty-${String(i).padStart(2, '0')}-aaaaaaaaaaaa`);

withSite('one request and forty credentials', 'lighttpd_fastcgi',
	{ settings: { KIMI_TOKENS: forty.join(',') } },
	async (check, site) => {
		const cooling = async () => (await site.query(`SELECT count(*) AS n
			FROM credentials WHERE cooldown_until > ${Date.now()}`))[0].n;
		const faults = [[{ status: 500 }, 4], [{ status: 502 }, 2],
			[{ status: 503 }, 4], [{ status: 403 }, 2],
			[{ close_after: 0 }, 2], [{ drop: true }, 2],
			[{ end: 'truncated', answer: '', reasoning: '' }, 2],
			[{ raw: 'data: {no json\n\n' }, 2], [{ status: 400 }, 1]];

		for (const [i, [members, tries]] of faults.entries())
			await check(JSON.stringify(members), async () => {
				const word = `bad-request-${i}.`;
				const text = scene(members, word);
				const r = await chat(site, say(text, { model: 'kimi-k3' }));
				assert.ok(r.status >= 400, r.text);
				const sent = await sentWith(site, word);
				// libcurl repeats what a reused connection lost.
				assert.ok(sent.length <= (members.drop ? 4 : tries),
					`${sent.length} requests`);
				assert.equal(await cooling(), 0);
			});
		await check('accounts that are busy cool down, four at a time',
			async () => {
				const word = 'busy-everywhere.';
				const r = await chat(site, say(scene({ status: 429 }, word),
					{ model: 'kimi-k3' }));
				assert.equal(errorOf(r, 429).code, 'rate_limit_exceeded');
				assert.equal((await sentWith(site, word)).length, 4);
				assert.equal(await cooling(), 4);
				answerOf(await chat(site, say('hello',
					{ model: 'kimi-k3' })));
			});
		await check('several choices are no way around that', async () => {
			const word = 'bad-choices.';
			const before = await cooling();
			const r = await chat(site, say(scene({ status: 403 }, word),
				{ model: 'kimi-k3', n: 4 }));
			errorOf(r, 403);
			assert.ok((await sentWith(site, word)).length <= 16);
			assert.equal(await cooling(), before);
		});
	});
