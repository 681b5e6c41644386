// SPDX-License-Identifier: MIT
// Bad days: what /healthz and other requests answer, and that things are in
// order again afterwards.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { folder, give, inTime, retryIfLate, runAs, slack,
	sleep, until }
	from './lib/process.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { startSite } from './lib/site.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const shell = promisify(execFile);
const stranger = { key: '' };
// Kimi web would remember what the database has not.
const ask = (site, text, more) =>
	chat(site, say(text, { model: 'kimi-k3' }), more);

for (const name of ['nginx', 'lighttpd_cgi'])
	withSite(`bad days, ${name.replace('_', ' ')}`, name, {},
		async (check, site) => {
			const cgi = site.mount.program === 'kimi.cgi';
			const since = (marks) => site.logs(marks);
			const limit = (bytes) => shell('prlimit', ['--pid',
				`${(cgi ? site.server : site.daemon).pid}`,
				`--fsize=${bytes}:`], runAs);

			await check('on a good day all is well', well);
			await check('a locked database: an answer within two seconds',
				locked);
			await check('files that may not grow', limited);
			await check('the database is moved away and comes back', moved);
			await check('a read-only file', readOnly);
			await check('a backup is restored', restored);
			await check('a broken configuration', broken);
			await check('no credentials', none);
			await check('no descriptors are left', exhausted);
			await check('no thread can be started', noThreads);
			await check('a stop leaves all in the file', stopped);

			async function well() {
				for (const request of [{}, stranger]) {
					const r = await call(site, '/healthz', request);
					assert.equal(r.status, 200, r.text);
					assert.equal(r.json.status, 'ok');
				}
				answerOf(await chat(site, say('hello')));
			}

			// Only those with a key of the server learn why; the log has it.
			async function sick(why) {
				const marks = site.marks();
				const [known, ...others] = await Promise.all([{}, stranger,
					{ key: 'sk-no-key' }].map((request) =>
					call(site, '/healthz', request)));
				for (const r of others) {
					assert.equal(r.status, 503, r.text);
					assert.deepEqual(r.json, { status: 'unavailable' });
				}
				await until('the log says why', () =>
					why.test(since(marks)));
				assert.equal(known.status, 503);
				assert.match(known.json.reasons.join(), why);
				return known;
			}

			async function locked() {
				const shell = execFile('sqlite3', [site.db]);
				shell.stdin.write('BEGIN IMMEDIATE; SELECT \'held\';\n');
				await new Promise((resolve) =>
					shell.stdout.once('data', resolve));
				try {
					const chats = Array.from({ length: 12 }, () =>
						chat(site, say('hello')));
					await sleep(1100); // older than what a stranger gets
					await retryIfLate(async () => {
						const r = await sick(/is busy/);
						inTime(r.ms < 2000, `${r.ms} ms`);
					});
					for (const r of await Promise.all(chats)) {
						assert.match(errorOf(r, 503).message, /is busy/);
						assert.ok(r.headers['retry-after']);
						assert.ok(r.ms < 30000, `${r.ms} ms`);
					}
				} finally {
					shell.stdin.end();
					await new Promise((resolve) => shell.on('exit', resolve));
				}
				await well();
			}

			async function limited() {
				const large = [];
				await limit(200 << 10); // kimi.log is far smaller
				try {
					await sleep(1100);
					await sick(/limits the size of files|too large/i);
					// The log may have room for one of them.
					for (const path of ['large', 'larger'].map((id) =>
						`/v1/chat/completions/${id}`))
						large.push(await chat(site,
							say('x'.repeat(150000)), { path }));
					assert.match(errorOf(large[1], 503).message,
						/limits the size of files/);
				} finally {
					await limit('unlimited');
				}
				await well();
			}

			async function moved() {
				if (cgi) // each process opens what is there
					return;
				const away = `${site.db}.away`;
				answerOf(await ask(site, 'before',
					{ path: '/v1/chat/completions/moved' }));
				const marks = site.marks();
				fs.renameSync(site.db, away);
				await sleep(1100);
				await sick(/removed or moved/);
				for (let i = 0; i < 5; i++)
					assert.match(errorOf(await chat(site, say('hello')),
						503).message, /removed or moved/);
				assert.ok(!fs.existsSync(site.db));
				assert.equal(since(marks).split('\n').filter((l) =>
					/error - database/.test(l)).length, 1);
				fs.renameSync(away, site.db);
				await well();
				assert.match(since(marks), /can be used again/);
				assert.match(answerOf(await ask(site, 'recall',
					{ path: '/v1/chat/completions/moved' })), /before/);
			}

			// The daemon has it open already.
			async function readOnly() {
				if (!cgi)
					return;
				fs.chmodSync(site.db, 0o400);
				try {
					await sick(/opened for writing: Permission denied/);
				} finally {
					fs.chmodSync(site.db, 0o600);
				}
				await well();
			}

			// With the documented command, and by a file moved there.
			async function restored() {
				const ways = [async (file) => shell('sqlite3', [site.db,
					`.restore '${file}'`])];
				if (!cgi)
					ways.push((file) => fs.renameSync(file, site.db));
				for (const [i, restore] of ways.entries()) {
					const file = path.join(site.dir, `backup-${i}.db`);
					const at = `/v1/chat/completions/backup-${i}`;
					answerOf(await ask(site, 'kept', { path: at }));
					await shell('sh', ['-c', `umask 077; sqlite3 '${
						site.db}' ".backup '${file}'"`]);
					assert.equal(fs.statSync(file).mode & 0o777, 0o600);
					give(file);
					for (let k = 0; k < 5; k++)
						answerOf(await ask(site, `lost-${k}`,
							{ path: at }));
					await restore(file);
					const all = answerOf(await ask(site, 'recall',
						{ path: at }));
					assert.match(all, /kept/);
					assert.doesNotMatch(all, /lost/);
					const [row] = await site.query(
						'PRAGMA integrity_check');
					assert.equal(row.integrity_check, 'ok');
				}
			}

			// The program says it even if it starts with such a file.
			async function misconfigured(settings, body) {
				site.configure(settings);
				if (!cgi)
					await site.restart();
				try {
					await body();
				} finally {
					site.configure();
					if (!cgi)
						await site.restart();
				}
				await well();
			}

			function broken() {
				return misconfigured({ KIMI_WORKERS: 'many' }, async () => {
					const marks = site.marks();
					await sick(/kimi\.conf line \d+: KIMI_WORKERS/);
					const r = await chat(site, say('hello'), stranger);
					assert.doesNotMatch(errorOf(r, 503).message,
						/KIMI_WORKERS/);
					assert.match(errorOf(await chat(site, say('hello')),
						503).message, /KIMI_WORKERS/);
					assert.match(since(marks),
						/kimi\.conf line \d+: KIMI_WORKERS/);
				});
			}

			function none() {
				return misconfigured({ KIMI_TOKENS: null }, () =>
					sick(/KIMI_TOKENS/));
			}

			// At the limit a connection can be refused, but not served; with
			// one more, Kimi cannot be called.
			async function exhausted() {
				if (cgi)
					return;
				await site.restart();
				const { pid } = site.daemon;
				const open = () => fs.readdirSync(`/proc/${pid}/fd`)
					.map(Number);
				let used = [];
				await until('connections are closed', async () => {
					const now = open();
					const same = `${now}` === `${used}`;
					used = now;
					return same;
				}, 200);
				const free = [...Array(used.length + 1).keys()]
					.find((n) => !used.includes(n));
				const allow = (n) => shell('prlimit',
					['--pid', `${pid}`, `--nofile=${n}:`], runAs);
				const marks = site.marks();
				const before = await site.processorMs();
				for (const more of [0, 1]) {
					await allow(free + more);
					for (const r of await Promise.all(Array.from(
						{ length: more ? 1 : 8 }, () =>
							chat(site, say('hello'))))) {
						assert.match(errorOf(r, 503).message,
							/Too many files and connections/);
						assert.equal(r.headers['retry-after'], '1');
					}
				}
				await sleep(300);
				assert.ok(await site.processorMs() - before < 300 * slack);
				assert.equal(since(marks).split('\n').filter((l) =>
					/error - limit Too many files/.test(l)).length, 1);
				await allow(1024);
				await well();
			}

			// The last thread that waits does not serve a connection unless
			// it can start another one that waits. Some may wait already.
			async function noThreads() {
				if (cgi)
					return;
				const allow = (n) => shell('prlimit', ['--pid',
					`${site.daemon.pid}`, `--nproc=${n}:`], runAs);
				const { stdout } = await shell('prlimit', ['--pid',
					`${site.daemon.pid}`, '--nproc', '-o', 'SOFT',
					'--noheadings', '--raw'], runAs);
				const gate = 'threads', held = [];
				const next = async () => {
					const s = stream(site, say(scene({ gate, chunks: 2,
						answer: 'a b', reasoning: '' })));
					await until('it is answered', () => s.status);
					return s;
				};
				await allow(1);
				let last = await next();
				for (; last.status === 200 && held.length < 40;
					last = await next())
					held.push(last);
				await allow(stdout.trim());
				await last.done;
				assert.equal(last.status, 503);
				assert.match(last.raw, /Too many threads/);
				assert.equal(last.headers['retry-after'], '1');
				await site.fake.open(gate, held.length);
				for (const s of held)
					await finished(s);
				await well();
			}

			async function stopped() {
				answerOf(await chat(site, say('the last one'),
					{ path: '/v1/chat/completions/last' }));
				if (cgi)
					return;
				await site.stopServer();
				assert.ok(!fs.existsSync(`${site.db}-wal`)
					|| fs.statSync(`${site.db}-wal`).size === 0);
				const copy = path.join(folder('copy'), 'kimi.db');
				fs.copyFileSync(site.db, copy);
				const { stdout } = await shell('sqlite3', [copy, `SELECT
					content FROM v_messages WHERE session = 'last'`]);
				assert.match(stdout, /the last one/);
				await site.startProgram();
				await site.startServer();
			}
		});

// A disk of two megabytes, which only root can have made.
for (const name of ['nginx', 'lighttpd_cgi'])
	test(`a full disk, ${name.replace('_', ' ')}`, async (t) => {
		const disk = folder('disk');
		try {
			execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs',
				disk], { stdio: 'ignore' });
		} catch {
			t.skip('mount(8) is not allowed');
			return;
		}
		try {
			await full(name, disk);
		} finally {
			execFileSync('umount', [disk]);
		}
	});

async function full(name, disk) {
	give(disk);
	const db = path.join(disk, 'kimi.db');
	const site = await startSite(name, { settings: { KIMI_DB: db } });
	site.db = db;
	try {
		await fillUp(site, path.join(disk, 'ballast'));
	} finally {
		await site.stop();
	}
}

function fill(file) {
	fs.writeFileSync(file, '');
	try {
		for (;;)
			fs.appendFileSync(file, Buffer.alloc(4096));
	} catch (e) {
		assert.equal(e.code, 'ENOSPC');
	}
}

// The disk becomes full in the middle of a stream.
async function fillUp(site, ballast) {
	const health = (request) => call(site, '/healthz', request);
	assert.equal((await health()).status, 200);
	answerOf(await chat(site, say('hello')));
	const s = stream(site, say(scene({ answer: 'word '.repeat(5), chunks: 5,
		gate: 'disk' })), { path: '/v1/chat/completions/on-a-full-disk' });
	await s.content(1);
	fill(ballast);
	await sleep(1100);
	assert.deepEqual((await health({ key: '' })).json,
		{ status: 'unavailable' });
	const r = await health();
	assert.equal(r.status, 503);
	assert.match(r.json.reasons.join(), /full|No space left/);
	await site.fake.open('disk', 4);
	await s.done;
	const big = await chat(site, say('x'.repeat(1 << 20)),
		{ path: '/v1/chat/completions/big' });
	assert.match(errorOf(big, 503).message, /full/);
	fs.rmSync(ballast);
	assert.equal((await health()).status, 200);
	// What is not in the database was not acknowledged.
	const kept = await site.query(`SELECT role FROM v_messages
		WHERE session = 'on-a-full-disk'`);
	assert.equal(kept.length, s.finished ? 2 : 0);
	await finished(stream(site, say('hello')));
}
