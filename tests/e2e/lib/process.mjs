// SPDX-License-Identifier: MIT
// Processes, ports and folders of a test. All of them end with the test file,
// each process by its own pid. As root, children run as nobody.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const build = path.resolve(root,
	process.env.BUILD || 'build/release');
// The sanitizer build is slower; limits on time are multiplied by this.
export const slack = /asan|tsan/.test(build) ? 3 : 1;

const asRoot = process.getuid() === 0;
export const runAs = asRoot ? { uid: 65534, gid: 65534 } : {};

const running = new Set();
const folders = new Set();

export function folder(name, parent = os.tmpdir()) {
	const dir = fs.mkdtempSync(path.join(parent, `kimi-${name}-`));
	give(dir);
	folders.add(dir);
	return dir;
}

// Gives a file to the user that the servers run as.
export function give(file) {
	if (asRoot)
		fs.chownSync(file, runAs.uid, runAs.gid);
}

export function put(dir, name, text, mode = 0o644) {
	const file = path.join(dir, name);
	fs.writeFileSync(file, text, { mode });
	fs.chmodSync(file, mode);
	give(file);
	return file;
}

export function copy(from, dir, name = path.basename(from), mode = 0o644) {
	return put(dir, name, fs.readFileSync(from), mode);
}

// A free port below the range used for outgoing connections.
export async function freePort() {
	for (;;) {
		const port = 10000 + Math.floor(Math.random() * 22000);
		const server = net.createServer();
		const ok = await new Promise((resolve) => {
			server.once('error', () => resolve(false));
			server.listen(port, '127.0.0.1', () => resolve(true));
		});
		if (ok) {
			await new Promise((resolve) => server.close(resolve));
			return port;
		}
	}
}

// Starts a program; stdout and stderr go to dir/NAME.log. With `self` it runs
// as the test's own user.
export function start(dir, name, argv, { env = {}, self = false,
	cwd = dir } = {}) {
	const log = path.join(dir, `${name}.log`);
	const fd = fs.openSync(log, 'a');
	if (asRoot && !self)
		give(log);
	const child = spawn(argv[0], argv.slice(1), {
		cwd, ...(self ? {} : runAs),
		env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ...sanitizer,
			...env },
		stdio: ['ignore', fd, fd],
	});
	fs.closeSync(fd);
	const p = { name, child, log, pid: child.pid, exit: null };
	p.ended = new Promise((resolve) => {
		child.on('error', (e) => resolve(p.exit = { error: e }));
		child.on('exit', (code, signal) =>
			resolve(p.exit = { code, signal }));
	});
	running.add(p);
	p.ended.then(() => running.delete(p));
	return p;
}

// Programs started by a server need these too, or a sanitizer would end them
// silently.
const sanitizer = Object.fromEntries(['ASAN_OPTIONS', 'UBSAN_OPTIONS',
	'TSAN_OPTIONS', 'LSAN_OPTIONS'].filter((n) => process.env[n])
	.map((n) => [n, process.env[n]]));

export async function stop(p, signal = 'SIGTERM') {
	if (!p || p.exit)
		return p && p.exit;
	p.child.kill(signal);
	const late = sleep(PATIENCE, 'late', { ref: false });
	if (await Promise.race([p.ended, late]) === 'late') {
		p.child.kill('SIGKILL');
		await p.ended;
	}
	return p.exit;
}

// Far longer than anything that works takes, even on a busy machine.
const PATIENCE = 60000; // ms

// Waits until `probe` returns something true; fails with `what` if it does not.
export async function until(what, probe, step = 20) {
	const end = Date.now() + PATIENCE;
	for (;;) {
		const value = await probe();
		if (value)
			return value;
		if (Date.now() > end)
			throw new Error(`not within ${PATIENCE} ms: ${what}`);
		await sleep(step);
	}
}

// Whether a program listens there: its socket is a file before that.
export const accepts = (socket) => new Promise((resolve) => {
	const connection = net.connect(socket, () => {
		connection.destroy();
		resolve(true);
	}).on('error', () => resolve(false));
});

// Asserts a limit on time, which a busy machine sometimes exceeds; see
// retryIfLate(). Everything else belongs in a plain assertion.
export function inTime(ok, what) {
	if (!ok)
		throw Object.assign(new Error(`not in time: ${what}`), { late: true });
}

// Repeats an attempt that failed at inTime(): one of five has to stay within
// its limits. Every other error fails the test at once. Each attempt needs its
// own keys and words where the previous one used them up.
export async function retryIfLate(attempt) {
	for (let tries = 5; ; tries--)
		try {
			return await attempt();
		} catch (e) {
			if (tries === 1 || !e.late)
				throw e;
		}
}

// The processes that run exactly this file.
export function processesOf(file) {
	const found = [];
	for (const pid of fs.readdirSync('/proc')) {
		if (!/^\d+$/.test(pid))
			continue;
		try {
			const exe = fs.readlinkSync(`/proc/${pid}/exe`);
			if (exe.replace(/ \(deleted\)$/, '') === file)
				found.push(Number(pid));
		} catch {
			// gone by now, or not ours
		}
	}
	return found;
}

export function kill(pid) {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// has ended by now
	}
}

// What was written to the logs of a folder since the given sizes.
export function logMarks(dir) {
	const marks = {};
	for (const name of logFiles(dir))
		marks[name] = fs.statSync(path.join(dir, name)).size;
	return marks;
}

export function logsSince(dir, marks = {}, lines = 25) {
	let text = '';
	for (const name of logFiles(dir)) {
		const tail = fs.readFileSync(path.join(dir, name))
			.subarray(marks[name] || 0).toString().trimEnd();
		if (tail)
			text += `--- ${name}\n`
				+ tail.split('\n').slice(-lines).join('\n') + '\n';
	}
	return text;
}

function logFiles(dir) {
	return fs.existsSync(dir)
		? fs.readdirSync(dir).filter((n) => n.endsWith('.log')) : [];
}

// Only blocking code runs while the process exits: ask the servers to end with
// their children, then make sure.
function sweep() {
	for (const p of running)
		p.child.kill('SIGTERM');
	const wait = new Int32Array(new SharedArrayBuffer(4));
	for (let i = 0; i < 60 && left().length; i++)
		Atomics.wait(wait, 0, 0, 50);
	left().forEach(kill);
	for (const dir of folders)
		fs.rmSync(dir, { recursive: true, force: true });
}

// Processes that run a file in our folders, or run in one of them.
function left() {
	const link = (pid, name) => {
		try {
			return fs.readlinkSync(`/proc/${pid}/${name}`);
		} catch {
			return '';
		}
	};
	return fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)
		&& [link(pid, 'exe'), link(pid, 'cwd')].some((file) =>
			[...folders].some((dir) => `${file}/`.startsWith(`${dir}/`))))
		.map(Number);
}

process.on('exit', sweep);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
	process.on(signal, () => process.exit(1));
