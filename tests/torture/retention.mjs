// SPDX-License-Identifier: MIT
// A database that is far larger than it may be becomes smaller by ordinary
// requests alone, while somebody reads it in one long transaction.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { chat, say } from '../e2e/lib/http.mjs';
import { programOf } from '../e2e/lib/command.mjs';
import { runAs, sleep } from '../e2e/lib/process.mjs';
import { startSite } from '../e2e/lib/site.mjs';

export const CANARY = 'canary-of-the-past';
export const MIB = 1024 * 1024;

const TEXT = 20000; // bytes of a reply
const LOG = 64 * MIB; // what an empty log may take
const STOPS = 24 * MIB; // about when nothing more is deleted
const WRITES = 100000; // what a request writes, at most

export const defaults = { bytes: 1024 * MIB, most: 200 * MIB, clients: 4,
	readsFor: 60000, requests: 100000, pause: 20, say: () => {} };

const sizeOf = (file) => fs.existsSync(file) ? fs.statSync(file).size : 0;

// Replies and conversations of two days ago, each with its number.
function fillSql(bytes) {
	const n = Math.ceil(bytes / TEXT), talks = Math.ceil(n / 20);
	const then = '(unixepoch() - 2 * 86400) * 1000';
	const text = `'${CANARY}-' || i || '-' || hex(randomblob(${TEXT / 2
		- 20}))`;
	return `PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;
		CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (VALUES (1)
			UNION ALL SELECT i + 1 FROM n WHERE i < ${n}) SELECT i FROM n;
		CREATE TEMP TABLE k AS SELECT id FROM keys WHERE label =
			(SELECT label FROM keys LIMIT 1) LIMIT 1;
		BEGIN; UPDATE requests SET started_at = ${then};
		INSERT INTO conversations (key_id, name, created_at, updated_at)
			SELECT k.id, 'old-' || i, ${then}, ${then} FROM n, k
			WHERE i <= ${talks};
		INSERT INTO requests (id, key_id, conversation_id, dialect, model,
				stream, status, lease_until, started_at, duration_ms)
			SELECT 'req_old' || i, k.id, CASE WHEN i % 4 = 0 THEN
				(SELECT id FROM conversations WHERE name = 'old-' || (1 + i %
				${talks})) END, 'openai_chat', 'kimi-k3', 0, 'done', 0,
				${then}, 1000 FROM n, k;
		INSERT INTO messages (uid, request_seq, conversation_id, reply, role,
				content, created_at, size)
			SELECT CASE WHEN i % 4 = 0 THEN 'old' || i END, seq,
				conversation_id, 1, 'assistant', ${text}, ${then},
				CASE WHEN i % 4 = 0 THEN 256 + ${TEXT} ELSE 0 END
			FROM n JOIN requests ON id = 'req_old' || i;
		UPDATE messages SET size = 256 + length(CAST(content AS BLOB))
			WHERE size > 0 AND uid LIKE 'old%';
		UPDATE keys SET kept = kept
			+ (SELECT sum(size) FROM messages WHERE uid LIKE 'old%')
			+ (SELECT sum(256 + length(name)) FROM conversations
				WHERE name LIKE 'old-%') WHERE id = (SELECT id FROM k);
		COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`;
}

// Holds what the database is now, until it is told to let it go.
async function reader(db) {
	const shell = spawn('sqlite3', [db], { ...runAs,
		stdio: ['pipe', 'pipe', 'inherit'] });
	shell.stdin.write('BEGIN; SELECT count(*) FROM requests;\n');
	await new Promise((resolve) => shell.stdout.once('data', resolve));
	const ended = new Promise((resolve) => shell.once('exit', resolve));
	return () => {
		shell.stdin.end();
		return ended;
	};
}

// Numbers of those whose text is in the file, wherever.
const canariesIn = (file) => fs.existsSync(file) ? new Set(spawnSync('grep',
	['-aoE', `${CANARY}-[0-9]+-`, file], { encoding: 'latin1',
		maxBuffer: 64 * MIB }).stdout.split('\n').filter(Boolean)
	.map((text) => text.split('-').at(-2))) : new Set();

const at = (sorted, share) => sorted[Math.floor(sorted.length * share)] || 0;

class Run {
	constructor(options) {
		Object.assign(this, { ...defaults, ...options });
		this.peak = 0;
		this.sent = 0;
		this.wrong = [];
		this.times = { during: [], after: [] };
		this.phase = 'during';
	}

	log = () => sizeOf(`${this.site.db}-wal`);

	async client() {
		while (!this.over) {
			const t0 = performance.now();
			const n = ++this.sent;
			const r = await chat(this.site, say(`hello ${n}`,
				{ model: 'kimi-k3' }), n % 3 ? {} : { path:
				`/v1/chat/completions/new-${n % 50}` });
			this.times[this.phase].push(performance.now() - t0);
			if (r.status !== 200)
				this.wrong.push(`request ${n}: ${r.status} ${r.text}`);
			this.peak = Math.max(this.peak, this.log());
			await sleep(this.pause);
		}
	}

	// The next step is due soon, not minutes later.
	async prunes() {
		const [row] = await this.site.query('SELECT due_at FROM pruning');
		return row.due_at < Date.now() + 60000;
	}

	// While others use the log, it is emptied after one of the next requests.
	logTells = () => canariesIn(`${this.site.db}-wal`).size > 0;

	// With the command, as the owner would.
	command(...argv) {
		return spawnSync(programOf(this.site), [...argv, '--config',
			path.join(this.site.kimi, 'kimi.conf')], { ...runAs,
			encoding: 'utf8', env: { PATH: process.env.PATH } });
	}

	// The figures of a run that ends when everything is as it must be.
	async pruned() {
		const before = sizeOf(this.site.db), t0 = performance.now();
		const clients = Array(this.clients).fill(0).map(() => this.client());
		const failed = Promise.all(clients);
		this.release = await reader(this.site.db);
		await sleep(this.readsFor);
		const during = { peak: this.peak, sent: this.sent };
		await this.release();
		this.phase = 'after';
		while ((await this.prunes() || this.logTells())
				&& this.sent < this.requests && !this.wrong.length)
			await sleep(200);
		const figures = { before, after: sizeOf(this.site.db),
			peakWhileRead: during.peak, sentWhileRead: during.sent,
			requests: this.sent, seconds: (performance.now() - t0) / 1000 };
		this.over = true;
		await failed;
		return figures;
	}
}

async function check(run, figures) {
	const { site } = run;
	const db = site.db, wrong = run.wrong;
	const left = new Set((await site.query(`SELECT substr(content, 1, 40) AS
		text FROM messages WHERE content LIKE '${CANARY}-%'`))
		.map(({ text }) => text.split('-').at(-2)));
	if (sizeOf(db) > run.most + 2 * MIB)
		wrong.push(`the file has ${sizeOf(db)} bytes`);
	if (run.log() > LOG)
		wrong.push(`the log has ${run.log()} bytes`);
	if (figures.peakWhileRead > STOPS + figures.sentWhileRead * WRITES)
		wrong.push(`the log had ${figures.peakWhileRead} bytes`);
	for (const file of [db, `${db}-wal`])
		for (const i of canariesIn(file))
			if (!left.has(i))
				wrong.push(`${file} still has canary ${i}`);
	const verified = run.command('db', 'verify', '--json');
	for (const c of JSON.parse(verified.stdout || '[]'))
		// Rows were made by hand: they are in no sum.
		if (c.result !== 'ok' && !['disk', 'usage by quarters', 'usage by days']
			.includes(c.check))
			wrong.push(`${c.check}: ${c.found}`);
	return { kept: left.size };
}

export async function retention(options = {}) {
	const run = new Run(options);
	run.site = await startSite(options.mount || 'lighttpd_fastcgi', {
		settings: { KIMI_MAX_DB: String(run.most), KIMI_KEY_SPACE:
			String(2 * run.bytes) } });
	try {
		await chat(run.site, say('the first', { model: 'kimi-k3' }));
		run.say(`filling ${run.bytes / MIB} MiB`);
		execFileSync('sqlite3', [run.site.db], { ...runAs,
			input: fillSql(run.bytes), stdio: ['pipe', 'ignore', 'inherit'] });
		await run.site.query('UPDATE pruning SET due_at = 0');
		// The program looks again only after some minutes.
		await run.site.restart();
		run.say('pruning');
		const figures = await run.pruned();
		Object.assign(figures, await check(run, figures));
		for (const phase of ['during', 'after']) {
			const times = run.times[phase];
			times.sort((a, b) => a - b);
			figures[`p50 ${phase}, ms`] = at(times, 0.5);
			figures[`p99 ${phase}, ms`] = at(times, 0.99);
		}
		return { figures, wrong: run.wrong };
	} finally {
		run.over = true;
		await run.release?.();
		await run.site.stop();
	}
}
