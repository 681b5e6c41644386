// SPDX-License-Identifier: MIT
// The commands for the database and for what was said, as their owner runs them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startOwner } from './lib/command.mjs';
import { runAs } from './lib/process.mjs';

const DONE = 0, FAILED = 1, USAGE = 2, MISSING = 3, WRONG = 4;
const TALK = 'def f(x):\n    return x\n\nTell me what this long sentence of mine says.';

test('the owner of a database', async (t) => {
	const owner = await startOwner('db');
	const check = (title, fn) => t.test(title, fn);
	const run = (...argv) => owner.run(argv);
	const done = (...argv) => {
		const r = run(...argv);
		assert.equal(r.status, DONE, r.out + r.err);
		return r;
	};
	const sql = (text, db = owner.db) => execFileSync('sqlite3', [db, text],
		{ ...runAs, encoding: 'utf8' }).trim();
	const say = (id, content) => owner.serve(`/c/${id}/v1/chat/completions`,
		JSON.stringify({ model: 'kimi-k3',
			messages: [{ role: 'user', content }] }));

	try {
		await say('talk-3', TALK);
		await say('talk-1', 'Where is the needle?');
		await say('talk-2', '今天的消耗是多少');
		await owner.chat('outside of any conversation');

		await check('sees the conversations, the last used first', () => {
			const list = owner.json(['conversation', 'list']);
			assert.deepEqual(list.map((c) => c.id), ['talk-2', 'talk-1', 'talk-3']);
			assert.equal(list[0].messages, 2);
			assert.match(list[0].last_turn, /^\d{4}-.*Z$/);
			assert.match(done('conversation', 'show', 'talk-1').out, /needle/);
			assert.equal(run('conversation', 'show', 'none').status, MISSING);
			const [{ id, secret }] = owner.json(['key', 'list']);
			for (const key of [id, secret])
				assert.equal(owner.json(['conversation', 'list', '--key',
					key]).length, 3);
			for (const argv of [['list'], ['export', '--all'],
				['show', 'talk-1'], ['export', 'talk-1']])
				assert.equal(run('conversation', ...argv, '--key',
					'nobody').status, MISSING);
		});

		await check('reads all that was said, line by line', () => {
			const shown = (columns) => owner.onTerminal(
				['conversation', 'show', 'talk-3'], columns).out;
			assert.ok(run('conversation', 'show', 'talk-3').out
				.includes(`\n${TALK}\n`));
			assert.ok(shown(200).includes(`\n${TALK}\n`));
			assert.match(shown(40), /user.*  \d{4}-\d\d-\d\d /);
			assert.match(shown(40), /what this long sentence of mine\nsays/);
			assert.match(owner.json(['conversation', 'show', 'talk-3'])
				.messages_in_it[0].content, /^def f\(x\):\n/);
		});

		await check('finds words, also Chinese ones of two characters', () => {
			const hits = (text) => owner.json(['conversation', 'search', text]);
			assert.ok(hits('NEEDLE').some((h) => h.conversation === 'talk-1'));
			assert.ok(hits('消耗').some((h) => h.conversation === 'talk-2'));
			assert.deepEqual(hits('nobody said that'), []);
			assert.equal(done('conversation', 'search', 'no such words').out,
				'Nothing was found.\n');
		});

		await check('exports them in three forms', () => {
			const all = JSON.parse(done('conversation', 'export', '--all').out);
			assert.equal(all.version, 1);
			assert.deepEqual(all.conversations.map((c) => c.id).sort(),
				['talk-1', 'talk-2', 'talk-3']);
			const lines = done('conversation', 'export', '--all', '--format',
				'jsonl').out.trim().split('\n').map((l) => JSON.parse(l));
			assert.equal(lines.length, 3);
			assert.deepEqual(lines[0].messages.map((m) => m.role),
				['user', 'assistant']);
			assert.match(done('conversation', 'export', 'talk-1', '--format',
				'markdown').out, /## user\n\nWhere is the needle\?/);
			assert.equal(run('conversation', 'export').status, USAGE);
		});

		await check('backs it up, for nobody else to read', () => {
			const to = path.join(owner.dir, 'backup.db');
			done('db', 'backup', to);
			assert.equal(fs.statSync(to).mode & 0o777, 0o600);
			assert.equal(fs.statSync(to).uid, fs.statSync(owner.db).uid);
			assert.equal(sql('SELECT count(*) FROM conversations', to), '3');
			assert.equal(sql('PRAGMA integrity_check', to), 'ok');
			assert.equal(run('db', 'backup', to).status, FAILED);
			assert.equal(run('db', 'backup', path.join(to, 'none')).status,
				FAILED);
			assert.ok(!fs.existsSync(`${to}.part`));
		});

		await check('has it checked, and is told what is wrong', () => {
			const results = () => Object.fromEntries(JSON.parse(
				run('db', 'verify', '--json').out)
				.map((c) => [c.check, c.result]));
			assert.equal(run('db', 'verify').status, DONE,
				run('db', 'verify').out);
			sql('UPDATE keys SET kept = kept + 1');
			assert.equal(run('db', 'verify').status, WRONG);
			assert.equal(results()['space of keys'], 'wrong');
			assert.match(run('db', 'verify').out, /instead of/);
			sql('UPDATE keys SET kept = kept - 1');
			assert.equal(run('db', 'verify').status, DONE);
		});

		await check('deletes nothing without a word', () => {
			const env = { KIMI_KEEP_DAYS: '30' };
			for (const argv of [['db', 'prune'], ['db', 'vacuum'],
				['conversation', 'delete', 'talk-1']])
				assert.equal(owner.run(argv, { env }).status, USAGE,
					argv.join(' '));
			assert.equal(owner.json(['conversation', 'list']).length, 3);
		});

		await check('asks until it is answered', async () => {
			const answered = (id, input) => owner.onTerminal(
				['conversation', 'delete', id], 80, {}, input);
			const no = answered('talk-1', 'hm\nn\n');
			assert.equal(no.status, FAILED);
			assert.match(no.out, /This will delete .*talk-1/);
			assert.equal(no.out.match(/\(yes\/no\)/g).length, 2);
			assert.match(no.out, /Nothing was done/);
			const yes = answered('talk-2', 'Y\n');
			assert.equal(yes.status, DONE, yes.out);
			assert.deepEqual(owner.json(['conversation', 'list'])
				.map((c) => c.id), ['talk-1', 'talk-3']);
			await say('talk-2', '今天的消耗是多少');
		});

		await check('deletes a conversation for good', () => {
			done('conversation', 'delete', 'talk-1', '--yes');
			assert.equal(run('conversation', 'show', 'talk-1').status, MISSING);
			assert.ok(!fs.readFileSync(owner.db).includes('the needle'));
			assert.equal(run('db', 'verify').status, DONE);
		});

		await check('deletes at once what is too old', () => {
			sql('UPDATE requests SET started_at = 0; UPDATE conversations '
				+ 'SET updated_at = 0; UPDATE usage_quarters SET began_at = 0');
			const argv = (...more) => ['db', 'prune', '--json', ...more];
			const env = { KIMI_KEEP_DAYS: '30' };
			const old = JSON.parse(owner.run(argv('--dry-run'), { env }).out);
			assert.equal(old.conversations, 2);
			assert.ok(old.replies >= 1);
			const pruned = JSON.parse(owner.run(argv('--yes'), { env }).out);
			assert.ok(pruned.rows > 2);
			assert.equal(sql('SELECT count(*) FROM messages'), '0');
			assert.equal(sql('SELECT count(*) FROM requests'), '5');
			assert.equal(run('db', 'verify').status, DONE,
				run('db', 'verify').out);
		});

		await check('has it written anew, and upgraded', () => {
			sql('CREATE TABLE t AS SELECT randomblob(1e6); DROP TABLE t');
			const { size, size_before: before } = JSON.parse(
				done('db', 'vacuum', '--yes', '--json').out);
			assert.ok(size < before - 9e5, `${size} ${before}`);
			const r = JSON.parse(done('db', 'upgrade', '--json').out);
			assert.equal(r.schema_version, r.schema_version_before);
		});
	} finally {
		await owner.stop();
	}
});
