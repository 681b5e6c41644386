// SPDX-License-Identifier: MIT
// Sites whose program is counted: what it allocates, which statements it runs,
// which system calls it makes, how many instructions it takes. Each has
// totals(), the counts so far.

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { give, put, sleep, until } from './process.mjs';
import { call } from './http.mjs';
import { Site } from './site.mjs';

async function started(site, under) {
	site.options.under = under;
	await site.start();
	return site;
}

// Waits until the value stays the same: the program still works when it has
// answered.
async function settled(value) {
	for (let before; before !== (before = value());)
		await sleep(100);
}

// --- Allocations, statements and page faults, by a preloaded library

export async function startExplained(settings) {
	const site = new Site('lighttpd_daemon', { settings });
	const library = path.join(site.dir, 'costs.so');
	const allocations = put(site.dir, 'allocations', Buffer.alloc(8));
	const statements = put(site.dir, 'statements', '');

	execFileSync('cc', ['-D_GNU_SOURCE', '-O2', '-shared', '-fPIC', '-o',
		library, fileURLToPath(new URL('costs.c', import.meta.url)),
		'-ldl']);
	give(library);
	await started(site, ['env', `LD_PRELOAD=${library}`,
		`COSTS_ALLOCATIONS=${allocations}`, `COSTS_STATEMENTS=${statements}`]);

	const lines = () => fs.readFileSync(statements, 'utf8').split('\n')
		.map((line) => line.replace(/\s+/g, ' ').trim());
	const runs = () => lines().filter((line) => line.startsWith('run '))
		.map((line) => line.slice(4));
	const [pid] = site.programs();
	site.totals = async () => {
		await settled(() => fs.statSync(statements).size);
		return {
			statements: runs().length,
			allocations: Number(fs.readFileSync(allocations)
				.readBigUInt64LE()),
			'page faults': Number(fs.readFileSync(`/proc/${pid}/stat`,
				'utf8').split(') ')[1].split(' ')[7]),
		};
	};
	site.runs = runs;
	site.explained = () => explained(lines());
	return site;
}

// What SQLite said of each statement: { steps, plan }, by its SQL.
function explained(lines) {
	const all = new Map();
	let found = { steps: [], plan: [] };
	for (const line of lines) {
		const [, word, rest] = /^(\w*) ?(.*)$/.exec(line);
		if (word === 'run') {
			if (!all.has(rest))
				all.set(rest, found);
			found = { steps: [], plan: [] };
		} else if (word) {
			found[word === 'step' ? 'steps' : 'plan'].push(rest);
		}
	}
	return all;
}

// --- System calls, by strace

export function withoutStrace() {
	const { error, status, stderr } = spawnSync('strace', ['-f', '-o',
		'/dev/null', 'true'], { encoding: 'utf8' });
	return (error || status !== 0)
		&& `strace cannot be used here: ${error || stderr}`;
}

export async function startTraced(settings) {
	const site = new Site('lighttpd_daemon', { settings });
	const log = put(site.dir, 'calls', '');

	// With -D the program itself is our child.
	await started(site, ['strace', '-D', '-f', '-qq', '-o', log]);
	site.totals = async () => {
		await settled(() => fs.statSync(log).size);
		return { 'system calls': fs.readFileSync(log, 'utf8').split('\n')
			.filter((line) => /^\d+ +\w+\(/.test(line)).length };
	};
	return site;
}

// --- Instructions, by valgrind

export function withoutValgrind() {
	const { error, status, stderr } = spawnSync('valgrind',
		['--tool=callgrind', '--callgrind-out-file=/dev/null', 'true'],
		{ encoding: 'utf8' });
	return (error || status !== 0)
		&& `valgrind cannot be used here: ${error || stderr}`;
}

// GET /api/hello makes valgrind write down what was counted since the last one.
export async function startWeighed(settings) {
	const site = new Site('lighttpd_daemon', { settings });
	const out = path.join(site.dir, 'instructions');

	await started(site, ['valgrind', '--quiet', '--vgdb=no',
		'--tool=callgrind', `--callgrind-out-file=${out}`,
		'--dump-before=serve_hello']);
	let dumps = 0, instructions = 0;
	site.totals = async () => {
		await sleep(300);
		await call(site, '/api/hello', { key: '' });
		const text = await until('valgrind has counted', () => {
			const file = `${out}.${dumps + 1}`;
			const dump = fs.existsSync(file) && fs.readFileSync(file, 'utf8');
			return /^totals: /m.test(dump) && dump;
		});
		dumps++;
		instructions += Number(/^totals: (\d+)/m.exec(text)[1]);
		return { instructions };
	};
	return site;
}
