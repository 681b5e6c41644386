// SPDX-License-Identifier: MIT
// Holds the database against what clients saw.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

// The kinds of untruth: what it is called, and in words.
export const kinds = {
	lost: 'acknowledged answers lost',
	different: 'acknowledged answers different',
	unrowed: 'requests that a client or Kimi saw, without a row',
	failures: 'failures told to a client, but recorded as done',
	rows: 'rows without a request',
	tokens: 'tokens off (rows and what clients saw)',
	sums: 'tokens off (sums of usage and rows)',
	conversations: 'conversations with missing or strange turns',
	recalls: 'conversations that Kimi was told wrongly',
	deleted: 'deleted or private texts still there',
	files: 'files lost or different',
	slots: 'leases left: slots',
	running: 'leases left: running rows and turn locks',
	uploads: 'leases left: unfinished uploads',
	renewals: 'leases left: token renewals',
	notes: 'leases left: notes of running requests',
	database: 'errors in the database file',
	silence: 'requests without any answer',
	deaths: 'programs that ended by themselves',
};

export async function rowsOf(db, sql) {
	const { stdout } = await run('sqlite3', ['-json', '-cmd',
		'.timeout 10000', db, sql], { maxBuffer: 2 ** 30 });
	return stdout.trim() ? JSON.parse(stdout) : [];
}

// Compares; returns { wrong: [{ what, text }], figures }.
export async function truth(world, db) {
	const t = new Truth(world, db);
	await t.load();
	t.pairRows();
	t.checkEntries();
	t.checkRefusals();
	t.checkSums();
	t.checkConversations();
	t.checkFiles();
	t.checkTexts();
	await t.checkLeases();
	await t.checkFile();
	return { wrong: t.wrong, figures: t.figures };
}

class Truth {
	wrong = [];
	figures = { unseenWithoutRow: 0, refusedWithoutRow: 0, interrupted: 0,
		residue: 0 };

	constructor(world, db) {
		this.world = world;
		this.db = db;
		this.tag = world.tag;
	}

	note(what, text) {
		this.wrong.push({ what, text });
	}

	async load() {
		const all = (sql) => rowsOf(this.db, sql);
		this.requests = await all(`SELECT r.*, k.label AS key,
			c.name AS session FROM requests r
			JOIN keys k ON k.id = r.key_id
			LEFT JOIN conversations c ON c.id = conversation_id
			ORDER BY seq`);
		this.messages = await all(`SELECT id, request_seq, conversation_id,
			reply, role, content, reasoning, tool_calls FROM messages
			ORDER BY id`);
		this.conversations = await all(`SELECT c.*, k.label AS key
			FROM conversations c JOIN keys k ON k.id = key_id`);
		this.sums = await all('SELECT * FROM usage_by_day');
		this.stored = await all(`SELECT request_seq, id
			FROM stored_responses`);
		this.files = await all(`SELECT f.id, size,
			(SELECT sum(length(bytes)) FROM file_chunks h
			  WHERE h.content_id = c.id) AS bytes
			FROM files f JOIN file_contents c ON c.id = content_id`);
		this.said = group(this.messages, (m) => m.request_seq);
		this.storedOf = new Map(this.stored.map((s) => [s.request_seq, s]));
	}

	// --- Which row belongs to which request

	pairRows() {
		const { entries } = this.world;
		const byId = new Map(entries.filter((e) => e.id)
			.map((e) => [e.id, e]));
		this.rowOf = new Map();
		const left = [];
		for (const row of this.requests) {
			const entry = byId.get(row.id);
			if (entry)
				this.rowOf.set(entry, row);
			else
				left.push(row);
		}
		// Their clients saw no head of a reply: by what was said, then by
		// what is known of the request.
		const lost = new Set(entries.filter((e) => !e.id));
		const claim = (row, entry) => {
			lost.delete(entry);
			this.rowOf.set(entry, row);
		};
		const silent = left.filter((row) => {
			const entry = entries[this.markIn(row)];
			if (!lost.has(entry))
				return true;
			claim(row, entry);
			return false;
		});
		const labels = new Map([...this.rowOf].map(([entry, row]) =>
			[entry.key, row.key]));
		for (const row of silent) {
			// The last one that was sent before the row began.
			const entry = [...lost].filter((e) => fits(row, e)
				&& labels.get(e.key) === row.key)
				.sort((a, b) => b.wall - a.wall)[0];
			if (entry)
				claim(row, entry);
			else
				this.note('rows', `row ${row.id} (${row.dialect}, ${
					row.model}, ${row.status}, ${row.error_kind}, ${
					row.error}, ${row.started_at})`);
		}
	}

	markIn(row) {
		for (const { content } of this.said.get(row.seq) || []) {
			const n = markOf(content, this.tag, 'au');
			if (n !== null)
				return n;
		}
		return -1;
	}

	// --- Each request

	checkEntries() {
		for (const entry of this.world.entries) {
			const row = this.rowOf.get(entry);
			if (entry.how === 'ack')
				this.checkDone(entry, row);
			else if (entry.how === 'error')
				this.checkFailed(entry, row);
			else if (row)
				this.figures.interrupted +=
					Number(row.status === 'interrupted');
			else if (entry.id || this.world.asked.has(entry.n))
				this.note('unrowed', `request ${entry.n} (${entry.id}, ${
					entry.mount}, ${entry.api}): ${entry.how}`);
			else
				this.figures.unseenWithoutRow++;
		}
	}

	// A flood of them is only counted.
	checkRefusals() {
		const counted = this.sums.reduce((n, c) => n + c.refusals, 0);
		const rows = this.requests.filter((r) => r.status === 'refused');
		if (this.figures.refusedWithoutRow > counted - rows.length)
			this.note('unrowed', `${this.figures.refusedWithoutRow
			} refused requests, ${counted - rows.length} counted`);
	}

	checkDone(entry, row) {
		const name = `request ${entry.n} (${entry.id}, ${entry.mount}, ${
			entry.api}, ${entry.model})`;
		if (!row) {
			this.note('unrowed', name);
			return;
		}
		if (row.status !== 'done' || row.http_status !== 200) {
			this.note('lost', `${name}: its row is ${row.status}, ${
				row.http_status} ${row.error_kind}`);
			return;
		}
		this.checkTokens(entry, row, name);
		this.checkReplies(entry, row, name);
	}

	checkReplies(entry, row, name) {
		const { reply, q } = entry;
		const kept = (this.said.get(row.seq) || []).filter((m) => m.reply);
		if (entry.store === false || isDeleted(entry)) {
			if (kept.length && !isMaybe(entry))
				this.note('deleted', `${name}: ${kept[0].content}`);
			return;
		}
		if (kept.length !== entry.choices) {
			if (!isMaybe(entry))
				this.note('lost', `${name}: ${kept.length} replies`);
			return;
		}
		kept.forEach((m, i) => {
			if ((m.content ?? '') !== reply.texts[i])
				this.note('different', `${name}: ${m.content}`);
			if (reply.reasonings.length
				&& (m.reasoning ?? '') !== reply.reasonings[i])
				this.note('different', `${name}: reasoning ${
					m.reasoning}`);
			const calls = JSON.parse(m.tool_calls || '[]').map((c) =>
				({ name: c.name, arguments: c.arguments }));
			if (JSON.stringify(calls) !== JSON.stringify(q.calls))
				this.note('different', `${name}: calls ${m.tool_calls}`);
		});
		if (/^(resp_|chatcmpl-)/.test(this.storedOf.get(row.seq)?.id || '')
			&& this.storedOf.get(row.seq).id !== reply.object)
			this.note('different', `${name}: stored under another id`);
	}

	checkTokens({ reply, q, choices }, row, name) {
		const had = { prompt: row.prompt_tokens,
			completion: row.completion_tokens, cached: row.cached_tokens,
			reasoning: row.reasoning_tokens, source: row.token_source };
		const told = Object.entries(reply.usage || {});
		const expected = Object.entries(q.usage || {}).map(([k, v]) =>
			[k, v * choices]);
		for (const [member, value] of [...told, ...expected])
			if (value !== undefined && had[member] !== value)
				this.note('tokens', `${name}: ${member} ${had[member]
				} instead of ${value}`);
	}

	checkFailed(entry, row) {
		const name = `request ${entry.n} (${entry.id}, ${entry.mount}): ${
			entry.status} ${JSON.stringify(entry.error)}`;
		if (!row)
			this.figures.refusedWithoutRow++;
		else if (row.status === 'done')
			this.note('failures', name);
		else if (row.http_status !== entry.status
			&& row.error_kind !== 'interrupted')
			this.note('failures', `${name}, but its row has ${
				row.http_status}`);
	}

	// --- Sums

	checkSums() {
		const sums = new Map();
		const add = (key, values) => sums.set(key, (sums.get(key)
			|| values.map(() => 0)).map((v, i) => v + values[i]));
		const named = (r) => [r.day, r.key_id, r.model,
			r.token_source ?? 'none'].join();
		const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
		for (const r of this.requests)
			if (r.status !== 'running' && r.status !== 'refused')
				add(named({ ...r, day: dayOf(r.started_at) }), [1,
					Number(r.status !== 'done'), r.prompt_tokens,
					r.completion_tokens, r.cached_tokens,
					r.reasoning_tokens].map(Number));
		for (const c of this.sums)
			add(named({ ...c, day: dayOf(c.began_at) }),
				[c.requests - c.refusals, c.failures, c.prompt_tokens,
				c.completion_tokens, c.cached_tokens,
				c.reasoning_tokens].map((v) => -v));
		for (const [key, rest] of sums)
			if (rest.some((v) => v !== 0))
				this.note('sums', `${key}: ${rest}`);
	}

	// --- Conversations

	checkConversations() {
		const byName = group(this.conversations, (c) => c.name);
		const told = group(this.messages.filter((m) => m.conversation_id),
			(m) => m.conversation_id);
		for (const session of this.world.sessions) {
			const rows = byName.get(session.name) || [];
			const acks = session.entries.filter((e) => e.how === 'ack');
			byName.delete(session.name);
			if (session.deleted === 'yes' && rows.length)
				this.note('deleted', `conversation ${session.name}`);
			else if (session.deleted === null && acks.length
				&& rows.length !== 1)
				this.note('conversations', `${session.name}: ${
					rows.length} rows`);
			else if (rows.length === 1)
				this.checkTurns(session, told.get(rows[0].id) || []);
		}
		for (const name of byName.keys())
			this.note('conversations', `${name}: nobody began it`);
	}

	// Pairs of question and answer; every acknowledged one once, in an order
	// that clients could see.
	checkTurns(session, messages) {
		const wrong = (text) => this.note('conversations',
			`${session.name}: ${text}`);
		const turns = [];
		for (let i = 0; i < messages.length; i += 2) {
			const n = markOf(messages[i].content, this.tag, 'u');
			const entry = session.entries.find((e) => e.n === n);
			if (!entry || messages[i].role !== 'user') {
				wrong(`a strange message: ${messages[i].content}`);
				return;
			}
			if (messages[i + 1]?.role !== 'assistant'
				|| (entry.q.text !== undefined
					&& messages[i + 1].content !== entry.q.text))
				wrong(`turn ${n} has the answer ${
					messages[i + 1]?.content}`);
			if (entry.how === 'error')
				wrong(`turn ${n} failed`);
			turns.push(entry);
		}
		for (const entry of session.entries)
			if (entry.how === 'ack'
				&& turns.filter((t) => t === entry).length !== 1)
				wrong(`turn ${entry.n} is not there once`);
		turns.forEach((early, i) => turns.slice(i + 1).forEach((late) => {
			if (late.ended < early.begun)
				wrong(`turn ${late.n} after ${early.n}`);
		}));
	}

	// --- Files, and texts that should be gone

	checkFiles() {
		const rows = new Map(this.files.map((f) => [f.id, f]));
		for (const f of this.files)
			if (f.size !== f.bytes)
				this.note('files', `${f.id}: ${f.bytes} of ${f.size}`);
		for (const f of this.world.files)
			if (f.deleted === 'yes' && rows.has(f.id))
				this.note('deleted', f.id);
			else if (f.deleted === null
				&& rows.get(f.id)?.size !== f.size)
				this.note('files', `${f.id} is not there`);
	}

	// What is never to be stored is in no page of the file. What was deleted is
	// overwritten, but when SQLite moves a row to another page, it does not
	// overwrite where the row was: that is counted apart.
	checkTexts() {
		const found = new Set();
		for (const end of ['', '-wal'])
			if (fs.existsSync(this.db + end))
				this.marksIn(this.db + end, found);
		for (const entry of this.world.entries) {
			if (!found.has(entry.n) || isMaybe(entry) || entry.quoted)
				continue;
			if (entry.store === false)
				this.note('deleted', `request ${entry.n} (${
					entry.id}) is in the file`);
			else
				this.figures.residue += isDeleted(entry);
		}
	}

	marksIn(file, found) {
		const text = fs.readFileSync(file).toString('latin1');
		for (const [, n] of text.matchAll(
			new RegExp(`[au](\\d+)x${this.tag}`, 'g')))
			found.add(Number(n));
	}

	// --- What a dead process may have left

	async checkLeases() {
		const left = await leases(this.db);
		for (const what of Object.keys(left))
			for (let i = 0; i < left[what]; i++)
				this.note(what, 'a row');
	}

	async checkFile() {
		const bad = async (sql, good) => {
			const rows = await rowsOf(this.db, sql);
			if (JSON.stringify(rows) !== JSON.stringify(good))
				this.note('database', JSON.stringify(rows)
					.slice(0, 500));
		};
		await bad('PRAGMA integrity_check', [{ integrity_check: 'ok' }]);
		await bad('PRAGMA foreign_key_check', []);
		await bad(miscounted, []);
	}
}

// API keys whose count of what they keep is not what is there.
const bytes = (...columns) => columns.map((column) =>
	`ifnull(length(CAST(${column} AS BLOB)), 0)`).join(' + ');
const miscounted = `SELECT k.id, kept, sum(n) FROM keys k JOIN (
	SELECT coalesce(r.key_id, c.key_id) AS key_id, 256 + ${bytes('m.name',
		'content', 'media', 'reasoning', 'reasoning_details', 'tool_calls',
		'tool_call_id', 'citations', 'spans')} AS n
	  FROM messages m LEFT JOIN requests r ON seq = request_seq
	  LEFT JOIN conversations c ON c.id = m.conversation_id
	 WHERE uid NOT NULL
	UNION ALL SELECT key_id, 256 + ${bytes('name', 'metadata')}
	  FROM conversations
	UNION ALL SELECT key_id, 256 + ${bytes('settings', 'metadata')}
	  FROM stored_responses WHERE id NOT NULL
	UNION ALL SELECT key_id, 256 + ${bytes('batch')}
	  FROM stream_logs JOIN stored_responses USING (request_seq)
	UNION ALL SELECT key_id, 256 + ${bytes('name', 'type')} FROM files
	UNION ALL SELECT key_id, size FROM file_contents
	UNION ALL SELECT id, 0 FROM keys) ON key_id = k.id
	GROUP BY k.id HAVING kept <> sum(n)`;

// Blocks of memory that belong to a process, alive or dead (running_file.c).
const HEAD = 48, BLOCKS = 8192;

function notesBeside(db) {
	const file = `${db}-running`;
	if (!fs.existsSync(file))
		return 0;
	const owners = fs.readFileSync(file).subarray(HEAD);
	return Array.from({ length: BLOCKS }, (_, i) =>
		owners.readBigInt64LE(i * 8)).filter((owner) => owner).length;
}

export const leases = async (db) => ({ ...(await rowsOf(db, `SELECT
	(SELECT count(*) FROM slots) AS slots,
	(SELECT count(*) FROM requests WHERE status = 'running') AS running,
	(SELECT count(*) FROM file_contents WHERE lease_until IS NOT NULL)
		AS uploads,
	(SELECT count(*) FROM credentials
	  WHERE renewing_until > unixepoch() * 1000) AS renewals`))[0],
notes: notesBeside(db) });

function group(list, key) {
	const all = new Map();
	for (const one of list) {
		if (!all.has(key(one)))
			all.set(key(one), []);
		all.get(key(one)).push(one);
	}
	return all;
}

function markOf(text, tag, letters) {
	const m = new RegExp(`^[${letters}](\\d+)x${tag}`).exec(text || '');
	return m && Number(m[1]);
}

// A request may be killed before its body was read.
const fits = (row, e) => row.dialect === e.api && (row.model === ''
	|| (row.model === e.model && row.stream === Number(e.stream)))
	&& row.started_at >= e.wall - 5
	&& row.started_at <= e.wallEnd + 5
	&& (row.session === null || row.session === e.session?.name);

const isDeleted = (e) => (e.deleted || e.session?.deleted) === 'yes';
const isMaybe = (e) => (e.deleted || e.session?.deleted) === 'maybe';
