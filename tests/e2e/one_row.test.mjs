// SPDX-License-Identifier: MIT
// Every request to a route that answers with a model's reply leaves one row,
// whatever happens.

import assert from 'node:assert/strict';
import net from 'node:net';
import path from 'node:path';
import { sleep, until } from './lib/process.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { record, pair } from './lib/gateway.mjs';
import { answerOf, withSite } from './lib/suite.mjs';

const CHAT = '/v1/chat/completions';
const MESSAGES = '/v1/messages';
const ROUTES = [CHAT, `${CHAT}/of-one-row`, '/v1/completions', '/v1/responses',
	'/v1/responses/compact', MESSAGES];
const anthropic = (more = {}) => ({ max_tokens: 10, ...say('hello', more) });

const idOf = (r) => r.headers['x-request-id'];

async function rowsOf(site, id) {
	return site.query(`SELECT r.*, k.origin, k.label FROM requests r
		JOIN keys k ON k.id = key_id WHERE r.id = '${id}'`);
}

// The one row that it has, and that it keeps.
async function only(site, id) {
	const row = await site.row(id);
	const rows = await rowsOf(site, id);
	assert.equal(rows.length, 1, JSON.stringify(rows));
	return { ...row, ...rows[0] };
}

// What is refused, by what is sent.
const refusals = [
	['no key', 401, 'api_key', CHAT, { key: '', body: say('hello') }],
	...ROUTES.flatMap((route) => [
		['a wrong key', 401, 'api_key', route, { key: 'sk-wrong',
			body: say('hello') }],
		['a body that is no JSON', 400, 'bad_request', route,
			{ body: '{"mod' }],
		['a body without anything', 400, 'missing', route,
			{ body: { model: 'k2' } }],
	]),
	['a body without messages', 400, 'missing', MESSAGES,
		{ body: { model: 'k2', max_tokens: 10 } }],
	['a field of another type', 400, 'type', CHAT,
		{ body: say('hello', { temperature: 'warm' }) }],
	['an unknown model', 404, 'model', CHAT,
		{ body: say('hello', { model: 'gpt-none' }) }],
	['an unknown model', 404, 'model', MESSAGES,
		{ body: anthropic({ model: 'gpt-none' }) }],
	['a body that is too large', 413, 'too_large', CHAT,
		{ body: say('x'.repeat(200000)) }],
	['a body that is too large', 413, 'too_large', MESSAGES,
		{ body: anthropic({ system: 'x'.repeat(200000) }) }],
	['an encoding that nobody knows', 415, 'encoding', CHAT,
		{ body: say('hello'), headers: { 'content-encoding': 'lzma' } }],
	['a response that nobody has', 400, 'previous', '/v1/responses',
		{ body: { model: 'k2', input: 'hello',
			previous_response_id: 'resp_none' } }],
];

for (const mount of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`one row, ${mount.replace('_', ' ')}`, mount,
		{ settings: { KIMI_MAX_BODY: 100000 } }, async (check, site) => {
			for (const refusal of refusals)
				await check(`${refusal[0]} (${refusal[3]})`, () =>
					refused(refusal));
			await check('a second turn of a conversation', busy);
			await check('nothing of an ephemeral request is quoted', ephemeral);
			await check('a client that leaves in mid-stream', left);
			await check('a stream that Kimi cuts', cut);
			await check('several choices', choices);
			await check('a process that is killed', killed);
			await check('an ephemeral one', killedEphemeral);
			await check('one of a conversation', killedInConversation);
			await check('a flood of refused requests', flood);
			await check('no row is in two states', sound);

			async function refused([, status, kind, where, request]) {
				const r = await call(site, where, request);
				assert.equal(r.status, status, r.text);
				const row = await only(site, idOf(r));
				assert.deepEqual([row.status, row.http_status,
					row.error_kind], ['refused', status, kind]);
				assert.equal(row.origin, request.key === undefined
					? 'settings' : 'nobody');
				assert.ok(row.error && row.duration_ms >= 0);
				assert.equal(row.prompt_tokens, null);
			}

			async function busy() {
				const where = `${CHAT}/talk-of-two`;
				const s = stream(site, say(scene({ answer: 'a b c d',
					gate: 'two' })), { path: where });
				await s.content();
				site.configure({ KIMI_QUEUE: '1', KIMI_MAX_BODY: 100000 });
				const r = await chat(site, say('me too'), { path: where });
				await site.fake.open('two', 9);
				await s.done;
				assert.equal(r.status, 409, r.text);
				const row = await only(site, idOf(r));
				assert.deepEqual([row.status, row.error_kind],
					['refused', 'busy']);
				assert.equal((await only(site, idOf(s))).status, 'done');
			}

			async function ephemeral() {
				const r = await chat(site, say('hello', { store: false,
					model: 'secret-of-mine' }));
				assert.equal(r.status, 404, r.text);
				const row = await only(site, idOf(r));
				assert.equal(row.status, 'refused');
				assert.equal(row.error, null);
			}

			async function left() {
				const s = stream(site, say(scene({ reasoning: '',
					answer: 'one two', chunks: 2, chunk_ms: 9000 })));
				await s.content(1);
				s.leave();
				const row = await only(site, idOf(s));
				assert.equal(row.status, 'cancelled');
			}

			async function cut() {
				const s = stream(site, say(scene({ answer: 'a b c d e f',
					chunks: 6, close_after: 3 })));
				await s.done;
				const row = await only(site, idOf(s));
				assert.equal(row.status, 'failed');
				assert.ok(row.completion_tokens > 0);
			}

			async function choices() {
				const r = await chat(site, say('hello', { n: 3,
					model: 'kimi-k3' }));
				assert.equal(r.json.choices.length, 3);
				assert.equal((await only(site, idOf(r))).status, 'done');
			}

			// Killed within its first second, after some of its reply.
			async function crash(body, request = {}) {
				const gate = `killed-${Math.random()}`;
				const s = stream(site, { ...body, ...say(scene({
					answer: 'one two three four', chunks: 4, gate })) },
				request);
				await s.content();
				await site.crash();
				await s.done;
				await site.fake.open(gate, 9);
				await until('the program is back', site.healthy);
				// Whoever comes next closes it, once a second.
				return until('the killed request is closed', async () => {
					answerOf(await chat(site, say('next')));
					const rows = await rowsOf(site, idOf(s));
					assert.ok(rows.length < 2, JSON.stringify(rows));
					return rows[0]?.status === 'interrupted' && rows[0];
				}, 100);
			}

			async function killed() {
				const row = await crash({});
				assert.ok(row.prompt_tokens > 0);
				assert.ok(row.completion_tokens > 0);
				assert.equal(row.token_source, 'estimated');
				assert.equal(row.error_kind, 'interrupted');
				const [message] = await site.query(`SELECT content
					FROM messages WHERE request_seq = ${row.seq}`);
				assert.match(message.content, /^one /);
			}

			async function killedEphemeral() {
				const row = await crash({ store: false });
				assert.ok(row.completion_tokens > 0);
				assert.deepEqual(await site.query(`SELECT * FROM messages
					WHERE request_seq = ${row.seq}`), []);
			}

			async function killedInConversation() {
				const row = await crash({}, { path: `${CHAT}/cut-off` });
				assert.ok(row.completion_tokens > 0);
				assert.notEqual(row.conversation_id, null);
				answerOf(await chat(site, say('go on'),
					{ path: `${CHAT}/cut-off` }));
			}

			async function flood() {
				const many = mount === 'lighttpd_cgi' ? 150 : 600;
				const count = async () => (await site.query(`SELECT
					(SELECT count(*) FROM requests r JOIN keys k
						ON k.id = key_id WHERE origin = 'nobody') AS rows,
					(SELECT coalesce(sum(refusals), 0) FROM usage_by_day
						JOIN keys k ON k.id = key_id
						WHERE origin = 'nobody') AS refusals`))[0];
				const before = await count();
				for (let i = 0; i < many; i += 10)
					await Promise.all(Array.from({ length: 10 }, () =>
						chat(site, say('hello'), { key: 'sk-none' })));
				await until('all of them are counted', async () => {
					answerOf(await chat(site, say('next')));
					return (await count()).refusals
						=== before.refusals + many;
				}, 200);
				// It may have lasted from one minute into the next.
				const after = await count();
				assert.ok(after.rows <= before.rows + 2 * 60,
					`${after.rows} rows`);
			}

			async function sound() {
				assert.deepEqual(await site.query(`SELECT id FROM requests
					GROUP BY id HAVING count(*) > 1`), []);
				await until('nothing runs any more', async () =>
					(await site.query(`SELECT id FROM requests
						WHERE status = 'running'`)).length === 0);
				const [sums] = await site.query(`SELECT sum(requests) AS n,
					sum(refusals) AS refused FROM usage_by_day`);
				const [rows] = await site.query(`SELECT count(*) AS n
					FROM requests WHERE status <> 'refused'`);
				assert.equal(sums.n - sums.refused, rows.n);
			}
		});

withSite('one row, without a body or a worker', 'nginx',
	{ settings: { KIMI_WORKERS: 2 } }, async (check, site) => {
		const socket = path.join(site.dir, 'kimi.sock');

		await check('the client leaves before its request is whole', partial);
		await check('there are too many requests', full);

		async function full() {
			const running = [0, 1].map(() => stream(site, say(scene({
				answer: 'a b c d', gate: 'full' }))));
			await Promise.all(running.map((s) => s.content()));
			const r = await chat(site, say('hello'));
			await site.fake.open('full', 9);
			await Promise.all(running.map((s) => s.done));
			assert.equal(r.status, 503, r.text);
			const row = await only(site, idOf(r));
			assert.deepEqual([row.status, row.http_status, row.origin],
				['refused', 503, 'nobody']);
			for (const s of running)
				assert.equal((await only(site, idOf(s))).status, 'done');
		}

		async function partial() {
			const params = Object.entries({ REQUEST_METHOD: 'POST',
				REQUEST_URI: CHAT, CONTENT_LENGTH: '1000',
				CONTENT_TYPE: 'application/json',
				HTTP_AUTHORIZATION: 'Bearer sk-test' });
			const peer = net.connect(socket);
			peer.write(Buffer.concat([
				record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
				record(4, Buffer.concat(params.map(([name, value]) =>
					pair(name, value)))),
				record(4, Buffer.alloc(0)),
				record(5, Buffer.from('{"model":')),
			]));
			await sleep(100);
			peer.destroy();
			await until('its row', async () => {
				const rows = await site.query('SELECT * FROM requests');
				assert.ok(rows.length < 2);
				return ['cancelled', 'refused'].includes(rows[0]?.status);
			});
		}
	});
