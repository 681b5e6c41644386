// SPDX-License-Identifier: MIT
// A truth run in small, and that it would notice each kind of untruth.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { slack } from './lib/process.mjs';
import { send } from '../torture/client.mjs';
import { report } from '../torture/report.mjs';
import { torture } from '../torture/torture.mjs';
import { kinds, truth } from '../torture/truth.mjs';

// For a lie: rows of a reply that its client has, and may ask for again.
const told = (more = '') => `(SELECT r.seq FROM requests r JOIN messages m
	ON m.request_seq = r.seq AND m.reply = 1
	WHERE r.status = 'done' AND http_status = 200 ${more} LIMIT 1)`;
const inTalk = told('AND m.conversation_id IS NOT NULL');

// What is done to a copy of the database, and what must be noticed.
const lies = [
	['lost', `DELETE FROM messages WHERE request_seq = ${told()}`],
	['lost', `UPDATE requests SET status = 'failed' WHERE seq = ${told()}`],
	['different', `UPDATE messages SET content = content || '.'
		WHERE reply = 1 AND request_seq = ${told()}`],
	['different', `UPDATE messages SET reasoning = 'other' WHERE id =
		(SELECT m.id FROM messages m JOIN requests ON seq = request_seq
		WHERE status = 'done' AND dialect = 'openai_chat' AND reply = 1
		AND reasoning IS NOT NULL LIMIT 1)`],
	['unrowed', `DELETE FROM requests WHERE seq = ${told()}`],
	['failures', `UPDATE requests SET status = 'done' WHERE seq =
		(SELECT seq FROM requests WHERE status = 'failed'
		AND error_kind <> 'interrupted' AND http_status > 200 LIMIT 1)`],
	['rows', `INSERT INTO requests (id, key_id, dialect, model, stream,
		status, lease_until, started_at) VALUES ('req_nobodys', 1,
		'openai_chat', 'k2', 0, 'failed', 0, 1)`],
	['tokens', `UPDATE requests SET completion_tokens =
		completion_tokens + 1 WHERE seq = ${told()}`],
	['sums', 'UPDATE usage_quarters SET prompt_tokens = prompt_tokens + 1'],
	['sums', `DELETE FROM usage_quarters WHERE requests =
		(SELECT min(requests) FROM usage_quarters)`],
	['conversations', `UPDATE messages SET conversation_id = NULL
		WHERE request_seq = ${inTalk}`],
	['conversations', `DELETE FROM messages WHERE reply = 0
		AND request_seq = ${inTalk}`],
	['conversations', `UPDATE messages SET id = id + 1000000
		WHERE request_seq = (SELECT min(request_seq) FROM messages
		GROUP BY conversation_id HAVING conversation_id IS NOT NULL
		AND count(*) > 3 LIMIT 1)`],
	['conversations', `UPDATE messages SET conversation_id = (SELECT
		max(id) FROM conversations) WHERE request_seq = (SELECT request_seq
		FROM messages WHERE conversation_id < (SELECT max(id)
		FROM conversations) LIMIT 1)`],
	['files', `DELETE FROM files WHERE seq = (SELECT min(seq)
		FROM files)`],
	['files', `UPDATE file_chunks SET bytes = x'00'
		WHERE content_id = (SELECT content_id FROM files LIMIT 1)`],
	['slots', 'INSERT INTO slots (credential, lease_until) VALUES (1, 1)'],
	['running', `UPDATE requests SET status = 'running' WHERE seq =
		(SELECT seq FROM requests WHERE status = 'failed' LIMIT 1)`],
	['uploads', 'UPDATE file_contents SET lease_until = 1'],
	['renewals', `UPDATE credentials SET renewing_until = 1e15`],
	['database', 'DELETE FROM keys WHERE id = 1'],
];

test('torture', { concurrency: true }, async (t) => {
	await t.test('only whole replies count as acknowledged', whole);
	let outcome;
	await t.test('a short run tells the truth', async () => {
		const requests = slack > 1 ? 200 : 300;
		outcome = await torture({ requests, killEvery: requests / 2.5,
			clients: 12, seed: 11,
			mounts: ['lighttpd_fastcgi', 'lighttpd_cgi'] });
		const { wrong, figures } = outcome;
		assert.deepEqual(wrong, [], report(outcome));
		assert.ok(figures.kills >= 2 && figures.faults > 5
			&& figures.acknowledged > requests / 2, report(outcome));
	});
	await t.test('every lie in the database is noticed', () =>
		noticed(outcome));
});

async function noticed({ world, db, dir }) {
	const known = new Set(Object.keys(kinds));
	for (const [what, sql] of lies) {
		const copy = path.join(dir, 'lie.db');
		fs.copyFileSync(db, copy);
		const changes = execFileSync('sqlite3', ['-cmd',
			'PRAGMA ignore_check_constraints = 1', copy,
			`${sql}; SELECT changes()`]).toString();
		assert.ok(Number(changes) > 0, `nothing to change: ${sql}`);
		const { wrong } = await truth(world, copy);
		assert.ok(wrong.some((w) => w.what === what), sql);
		assert.ok(wrong.every((w) => known.has(w.what)));
	}
	await gone(world, db, dir);
}

// A text whose deletion was acknowledged, or that was never to be stored.
async function gone(world, db, dir) {
	const copy = path.join(dir, 'lie.db');
	fs.copyFileSync(db, copy);
	const entry = world.entries.find((e) => e.store === false
		&& e.how === 'ack');
	fs.appendFileSync(copy, Buffer.from(entry.q.prompt));
	const { wrong } = await truth(world, copy);
	assert.ok(wrong.some((w) => w.what === 'deleted'
		&& w.text.includes(entry.id)), 'a private text');
}

const events = (...all) => all.map((e) => `data: ${e}\n\n`).join('');
const chunk = (delta, more) => JSON.stringify({ id: 'x', choices: [
	{ index: 0, delta, ...more }] });

// What a server sends, and what a client may conclude.
const replies = [
	['openai_chat', 'ack', true, events(chunk({ content: 'a' }), '[DONE]')],
	['openai_chat', 'cut', true, events(chunk({ content: 'a' }))],
	['openai_chat', 'cut', true, events(chunk({ content: '[DONE]' }))],
	['openai_chat', 'error', true, events(chunk({ content: 'a' }),
		'{"error":{"message":"no"}}')],
	['openai_chat', 'cut', false, '{"id":"x","choices":[{"mess'],
	['openai_completions', 'cut', true, events('{"id":"x","choices":[{'
		+ '"index":0,"text":"a","finish_reason":"stop"}]}')],
	['openai_responses', 'cut', true, events(
		'{"type":"response.output_text.delta","delta":"a"}')],
	['openai_responses', 'error', true, events(
		'{"type":"response.failed","response":{"error":{}}}', '[DONE]')],
	['anthropic_messages', 'cut', true, events(
		'{"type":"message_start","message":{"id":"x"}}',
		'{"type":"message_delta","usage":{}}')],
	['anthropic_messages', 'error', true, events(
		'{"type":"error","error":{"message":"no"}}')],
];

async function whole() {
	let next;
	const server = http.createServer((req, res) => {
		res.setHeader('x-request-id', 'req_x');
		res.setHeader('content-type', next[2] ? 'text/event-stream'
			: 'application/json');
		res.end(next[3]);
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const site = { port: server.address().port, mount: {} };
	for (next of replies)
		assert.equal((await send(site, { api: next[0], path: '/', key: 'x',
			body: {} })).how, next[1], next[3]);
	server.close();
}
