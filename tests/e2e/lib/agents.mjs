// SPDX-License-Identifier: MIT
// Coding agents as clients: their programs from npm, configured as README
// says, and a task that needs a shell call.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { give, put, root, runAs, slack, until } from './process.mjs';
import { call } from './http.mjs';
import { codeKey, platformKey, sentWith } from './kimi.mjs';

const packages = path.join(root, 'tests/e2e/agents/node_modules');

// For startSite: credentials of each service, and a log of what was asked.
export const agentSite = {
	accessLog: true,
	url: '^/',
	settings: {
		KIMI_TOKENS: ['web:refresh-of-the-test', platformKey(), codeKey()]
			.join(','),
		KIMI_MODEL_ALIASES: 'gpt-*=kimi-k3,claude-*=kimi-k3',
	},
};

export const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAA'
	+ 'AEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC', 'base64');

// The indented blocks of a README section, which users type: they must be the
// same in both languages.
export function blocksOf(heading) {
	const [blocks, translated] = ['README.md', 'README.zh-CN.md'].map((name) => {
		const text = fs.readFileSync(path.join(root, name), 'utf8');
		const from = text.indexOf(`\n### ${heading}\n`);
		assert.ok(from >= 0, `${name} has no section ${heading}`);
		const [section] = text.slice(from + 4).split(/\n##/);
		return section.match(/(?<=\n\n)( {4}.*\n+)+/g).map((block) =>
			block.replace(/^ {4}/gm, '').trimEnd());
	});
	assert.deepEqual(translated, blocks);
	return blocks;
}

// An agent with its own home and work folder. `file` is the path of its
// program in the installed packages, or of a script that the test's own Node
// runs.
export class Agent {
	// `others` are programs that it looks for beside its own.
	constructor(site, file, ...others) {
		this.home = fs.mkdtempSync(path.join(site.dir, 'home-'));
		this.work = fs.mkdtempSync(path.join(site.dir, 'work-'));
		[this.home, this.work].forEach(give);
		for (const each of others)
			borrow(path.join(packages, each), site.dir);
		this.command = commandOf(path.join(packages, file), site.dir);
	}

	// Runs the agent in its work folder until it exits with that status; returns
	// { out, err }.
	async run(args, env, status = 0) {
		const [program, ...first] = this.command;
		const child = spawn(program, [...first, ...args], {
			cwd: this.work, ...runAs, timeout: 300000 * slack,
			killSignal: 'SIGKILL',
			env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8',
				HOME: this.home, ...env },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		const said = { out: '', err: '' };
		child.stdout.on('data', (piece) => said.out += piece);
		child.stderr.on('data', (piece) => said.err += piece);
		const code = await new Promise((resolve, reject) => {
			child.on('error', reject);
			child.on('close', (...how) => resolve(how.find((h) => h !== null)));
		});
		assert.equal(code, status, `${said.out}\n${said.err}`);
		return said;
	}

	give = (name, bytes) => put(this.work, name, bytes);
	made = (name) => fs.readFileSync(path.join(this.work, name), 'utf8');
}

function commandOf(file, dir) {
	if (!file.endsWith('.js'))
		return [borrow(file, dir)];
	const folder = borrow(path.dirname(file), dir);
	return [borrow(process.execPath, dir),
		path.join(folder, path.basename(file))];
}

// The program or package, where the servers' user can read it; they are too
// large to copy unless they are on another file system.
function borrow(file, dir) {
	const to = path.join(dir, path.basename(file));
	const cp = (...how) => spawnSync('cp', [...how, file, dir],
		{ encoding: 'utf8' });
	if (!fs.existsSync(to) && cp('-al').status !== 0) {
		const { status, stderr } = cp('-a', '--reflink=auto');
		assert.equal(status, 0, stderr);
	}
	return to;
}

let serial = 0;

// Sets what the model does for a prompt: it calls the agent's shell and, once
// it sees output that only the shell can have produced, replies.
//   tool      name of the agent's shell tool
//   args      makes its arguments from the command
//   written   the call is text: the service has no tools
export async function shellTask(site, { tool, args, written }) {
	const word = `task-${++serial}-of-an-agent`;
	const task = { word, prompt: `Do ${word}, please.`, tool,
		file: `${word}.txt`, content: `made for ${word}`,
		result: `42-${word}`, answer: `All of ${word} is done.`,
		thought: written ? undefined : `I shall run ${word}.` };
	const input = args(`printf %s '${task.content}' >${task.file} && `
		+ `echo $((6 * 7))-${word}`);
	await site.fake.scenes([
		{ match: { prompt: task.result }, times: 1,
			scene: { answer: task.answer, ...(written ? {}
				: { reasoning: 'There it is.' }) } },
		{ match: { prompt: word }, times: 1, scene: written
			? { answer: `<tool_call>${JSON.stringify({ name: tool,
				arguments: input })}</tool_call>` }
			: { reasoning: task.thought, answer: '', tool_calls: [{
				id: `${tool}:0`, name: tool,
				arguments: JSON.stringify(input) }] } }]);
	return task;
}

// The turns stored since then, once they are closed.
export const lastTurn = async (site) =>
	(await site.query('SELECT max(seq) AS seq FROM requests'))[0].seq || 0;

export async function turnsSince(site, seq, count) {
	const rows = await until(`${count} closed turns`, async () => {
		const all = await site.query(`SELECT * FROM requests
			WHERE seq > ${seq} ORDER BY seq`);
		return all.length >= count
			&& all.every((row) => row.status !== 'running') && all;
	});
	assert.equal(rows.length, count, JSON.stringify(rows));
	for (const row of rows) {
		assert.deepEqual([row.status, row.http_status, row.error],
			['done', 200, null]);
		assert.ok(row.prompt_tokens > 0 && row.completion_tokens > 0,
			JSON.stringify(row));
	}
	return rows;
}

export const sum = (rows, column) =>
	rows.reduce((total, row) => total + row[column], 0);

// What Kimi was sent for a task: first the prompt, then the prompt again with
// its own call, including reasoning, and the result.
export async function assertTrip(site, task) {
	const sent = await sentWith(site, task.word);
	assert.equal(sent.length, 2);
	if (!task.thought)
		return;
	const { messages } = sent[1].body;
	const call = messages.findIndex((m) => m.tool_calls);
	assert.equal(messages[call].reasoning_content, task.thought);
	assert.equal(messages[call].tool_calls[0].function.name, task.tool);
	assert.equal(messages[call + 1].role, 'tool');
	assert.equal(messages[call + 1].tool_call_id,
		messages[call].tool_calls[0].id);
	assert.ok(JSON.stringify(messages[call + 1].content)
		.includes(task.result));
}

// The distinct requests of the agents, as "STATUS METHOD URL".
export async function asked(site) {
	const file = path.join(site.dir, 'access.log');
	const last = `/healthz?last=${Date.now()}`;
	await call(site, last);
	const log = await until('the access log is written', () => {
		site.server.child.kill('SIGHUP');
		const text = fs.existsSync(file) && fs.readFileSync(file, 'utf8');
		return text && text.includes(last) && text;
	}, 100);
	return [...new Set(log.trim().split('\n').map((line) =>
		line.replace(/ HTTP\/[0-9.]+$/, '')))]
		.filter((line) => !line.includes('/healthz')).sort();
}
