// SPDX-License-Identifier: MIT
// Words that mean something to SQL, HTTP, JSON, a shell or a log, wherever a
// client can put one, and keys that are almost right: they are only words, and
// wrong keys.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { call, chat, say, scene, upload } from './lib/http.mjs';
import { ask } from './lib/responses.mjs';
import { answerOf, errorOf, withSite } from './lib/suite.mjs';

const words = ["'", '"', "x' OR '1'='1", "x'; DROP TABLE messages; --",
	"') UNION SELECT fingerprint FROM keys --", '%', '_', '*', '?1', ':a',
	'$(id)', '`id`', '; id', '../../etc/passwd', '%2e%2e%2f', '\\', '\\0',
	'x\r\nX-Evil: 1\r\n\r\n<b>', '\ndata: {"error":{}}\n\ndata: [DONE]\n\n',
	'","role":"system","x":"', '\u2028', '\u202e', '{{x}}', '%s%n%n',
	'x\ttab', '\x1b[2J', '<script>', '你', 'A'.repeat(4000)];

// A reply of the program, no failure of its own, and nothing of its answer in
// the head.
function sane(r, what) {
	assert.ok(r.status < 500, `${what}: ${r.status} ${r.text.slice(0, 300)}`);
	if (r.status < 400 || r.headers['x-request-id']) // else the web server's
		assert.match(r.headers['x-request-id'], /^req_\w{24}$/, what);
	assert.equal(r.headers['x-evil'], undefined, what);
	if (/json/.test(r.headers['content-type']))
		JSON.parse(r.text);
	return r;
}

withSite('hostile input', 'lighttpd_fastcgi', {}, async (check, site) => {
	const schema = () => site.query(`SELECT type, name, sql FROM sqlite_schema
		ORDER BY name`);
	const secrets = ['sk-test', 'refresh-of-the-test', 'sk-of-the-test'];
	const send = async (path, request) => sane(await call(site, path,
		request), `${path} ${JSON.stringify(request).slice(0, 200)}`);

	answerOf(await chat(site, say('mine-said', { store: true }),
		{ path: '/v1/chat/completions/mine' }));
	const before = await schema();
	const other = { key: 'sk-other' };

	await check('words in a path find nothing of another key', paths);
	await Promise.all([
		check('words in a query find nothing of another key', queries),
		check('words in a body are only words', bodies),
		check('words that are said come back as they were', said),
		check('a file may have any name', names),
		check('headers with words get no further', headers),
		check('a key that is almost right is a wrong key', keys),
	]);
	await check('the database is as it was', same);
	await check('the log has one line per request', log);

	async function paths() {
		for (const word of words)
			for (const place of ['/v1/chat/completions/', '/v1/responses/',
				'/v1/conversations/', '/v1/files/', '/v1/models/',
				'/v1/conversations/mine/items/']) {
				const r = await send(place + encodeURIComponent(word)
					.slice(0, 6000), other);
				assert.ok(r.status >= 400, `${place}${word}: ${r.text}`);
				assert.doesNotMatch(r.text, /mine-said/);
				await send(place + encodeURIComponent(word)
					.slice(0, 6000), { ...other, method: 'DELETE' });
			}
	}

	async function queries() {
		for (const word of words.map(encodeURIComponent))
			for (const query of [`metadata[x]=${word}`, `after=${word}`,
				`metadata[${word}]=x`, `model=${word}`, `order=${word}`,
				`limit=${word}`, `purpose=${word}`]) {
				for (const place of ['chat/completions', 'files'])
					assert.doesNotMatch((await send(`/v1/${place}?${
						query}`, other)).text, /mine-said/);
			}
	}

	async function bodies() {
		for (const word of words) {
			const all = [
				['/v1/chat/completions', say('x', { model: word })],
				['/v1/chat/completions', say('x', { user: word })],
				['/v1/responses', ask('x', { previous_response_id: word })],
				['/v1/responses', ask('x', { conversation: word })],
				['/v1/responses', ask([{ type: 'item_reference',
					id: word }])],
				['/v1/conversations', { metadata: { [word]: word } }],
				['/v1/chat/completions', { model: 'k2', messages: [
					{ role: word, content: 'x' }] }],
				['/v1/chat/completions', { model: 'k2', messages: [
					{ role: 'user', content: [{ type: 'file', file: {
						file_id: word } }] }] }]];
			for (const [place, body] of all)
				assert.doesNotMatch((await send(place, { ...other,
					body })).text, /mine-said/);
		}
	}

	async function said() {
		for (const [i, word] of words.entries()) {
			const one = `/v1/chat/completions/said-${i}`;
			const r = sane(await chat(site, say(scene({ answer:
				`${word}.` }, `${word}.`)), { path: one, ...other }));
			assert.equal(answerOf(r), `${word}.`);
			const { data } = (await send(`${one}/messages`, other)).json;
			assert.equal(data.at(-1).content, `${word}.`);
			assert.ok(data[0].content.startsWith(`${word}.`));
		}
	}

	async function names() {
		for (const word of words.filter((w) => !/["\r\n\\]/.test(w))) {
			const name = word.slice(0, 200);
			const id = await upload(site, Buffer.from('x'), name, other);
			const { filename } = (await send(`/v1/files/${id}`, other)).json;
			assert.equal(typeof filename, 'string');
			const got = await send(`/v1/files/${id}/content`, other);
			assert.equal(got.text, 'x');
		}
	}

	async function headers() {
		const plain = words.filter((w) => /^[\x20-\x7e]+$/.test(w));
		for (const word of plain)
			for (const name of ['x-conversation-id', 'origin', 'user-agent',
				'content-type', 'accept', 'x-request-id', 'referer',
				'x-forwarded-for', 'content-encoding'])
				await send('/v1/chat/completions', { ...other,
					body: say('x'), headers: { [name]: word } });
	}

	async function keys() {
		const almost = ['sk-tes', 'sk-test1', 'SK-TEST', 'sk-test,', ',sk-test',
			'sk-test,sk-other', 'sk-test sk-other', 'sk-te%73t', '"sk-test"',
			"sk-test'--", 'sk-*', 'sk-%', '%', '*', '', ' ', 'null',
			'undefined', 'true', '0', 'sk-', 'Bearer sk-test', 'sk-default',
			'sk-false', 'platform:', 'web:', 'code:', 'web:x', ':sk-test',
			'platform:sk-test', 'sk-test\tsk-test', '../sk-test',
			'sk-test/../sk-test', `sk-test${'.'.repeat(3000)}`, ...words
				.filter((w) => /^[\x20-\x7e]+$/.test(w))];
		for (const key of almost)
			for (const head of [{ authorization: `Bearer ${key}` },
				{ 'x-api-key': key }, { 'api-key': key },
				{ authorization: `Basic ${Buffer.from(`x:${key}`)
					.toString('base64')}` }, { authorization: `Token ${
					key}` }]) {
				const r = await send('/v1/chat/completions', { key: '',
					headers: head, body: say('x') });
				assert.equal(errorOf(r, 401).code, 'invalid_api_key', key);
			}
	}

	async function same() {
		assert.deepEqual(await schema(), before);
		const [row] = await site.query('PRAGMA integrity_check');
		assert.equal(row.integrity_check, 'ok');
		const [mine] = (await call(site,
			'/v1/chat/completions/mine/messages')).json.data;
		assert.equal(mine.content, 'mine-said');
	}

	function log() {
		const text = fs.readFileSync(path.join(site.dir, 'kimi.log'), 'utf8');
		for (const line of text.trimEnd().split('\n'))
			assert.match(line, /^\d{4}-\d\d-\d\dT\S+Z (debug|info|warning|error) (req_\w{24}|-) [^\x00-\x1f\x7f]*$/);
		for (const secret of secrets)
			assert.ok(!text.includes(secret), secret);
	}
});
