// SPDX-License-Identifier: MIT
// The command kimi-proxy beside a program that has served requests.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { startFake } from './fake.mjs';
import { cgi } from './gateway.mjs';
import { say } from './http.mjs';
import { build, copy, folder, give, put, runAs } from './process.mjs';

export const KEY = 'sk-of-the-client-0123456789';
export const CREDENTIAL = 'sk-of-the-owner-0123456789ab';

// Fails where a character is cut.
const textOf = (bytes) =>
	new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);

// A copy beside the site: the clone may be where no other user may look.
export function programOf(site) {
	const file = path.join(site.dir, 'kimi-proxy');
	return fs.existsSync(file) ? file
		: copy(path.join(build, 'kimi.cgi'), site.dir, 'kimi-proxy', 0o755);
}

// What the command prints for the owner of a site; it must succeed.
export function commandOf(site, ...argv) {
	const r = spawnSync(programOf(site), [...argv, '--config',
		path.join(site.kimi, 'kimi.conf')], { cwd: '/', ...runAs, env: {
		PATH: process.env.PATH, LC_ALL: 'C.UTF-8',
		ASAN_OPTIONS: process.env.ASAN_OPTIONS || '' } });
	if (r.status !== 0)
		throw new Error(`${argv.join(' ')}: ${r.stdout}${r.stderr}`);
	return textOf(r.stdout).trim();
}

// A folder with program, settings and database, and a fake Kimi behind it.
export async function startOwner(name) {
	const dir = folder(name), fake = await startFake(dir);
	copy(path.join(build, 'kimi.cgi'), dir, 'kimi.cgi', 0o755);
	fs.linkSync(path.join(dir, 'kimi.cgi'), path.join(dir, 'kimi-proxy'));
	const config = put(dir, 'kimi.conf', `KIMI_LOG=${dir}/kimi.log
MOONSHOT_URL=${fake.url}/v1
KIMI_CODE_URL=${fake.url}/coding/v1
KIMI_WEB_URL=${fake.url}
KIMI_AUTH_URL=${fake.url}
KIMI_TOKENS=platform:${CREDENTIAL}
DEFAULT_AUTHKEYS=${KEY}
`, 0o600);
	const owner = { dir, fake, config, db: path.join(dir, 'kimi.db'),
		log: path.join(dir, 'kimi.log'),
		command: path.join(dir, 'kimi-proxy'), stop: () => fake.stop() };
	owner.env = { PATH: process.env.PATH, HOME: dir, TZ: 'UTC',
		LC_ALL: 'C.UTF-8', ASAN_OPTIONS: process.env.ASAN_OPTIONS || '' };
	owner.serve = (uri, body, env = {}) => cgi(path.join(dir, 'kimi.cgi'), {
		ASAN_OPTIONS: owner.env.ASAN_OPTIONS, REQUEST_URI: uri,
		HTTP_AUTHORIZATION: `Bearer ${KEY}`, ...env,
		...(body ? { CONTENT_LENGTH: `${Buffer.byteLength(body)}` } : {}) },
	body);
	owner.chat = (text, more = {}) => owner.serve('/v1/chat/completions',
		JSON.stringify(say(text, { model: 'kimi-k3', ...more })));
	owner.run = (argv, { env = {}, input = '', user = runAs } = {}) => {
		const r = spawnSync(owner.command, argv, { cwd: '/', ...user, input,
			env: { ...owner.env, ...env } });
		return { status: r.status, out: textOf(r.stdout),
			err: textOf(r.stderr) };
	};
	owner.json = (argv) => JSON.parse(owner.run([...argv, '--json']).out);
	// On a terminal of so many columns, on which somebody types `input`.
	owner.onTerminal = (argv, columns, env = {}, input = '') => {
		const words = [owner.command, ...argv]
			.map((w) => `'${w.replaceAll('\'', '\'\\\'\'')}'`).join(' ');
		const r = spawnSync('script', ['-qec', `stty cols ${columns}; ${
			words}`, '/dev/null'], { cwd: '/', ...runAs, input,
			env: { ...owner.env, TERM: 'xterm', ...env }, timeout: 60000 });
		return { status: r.status,
			out: textOf(r.stdout).replaceAll('\r\n', '\n') };
	};
	give(dir);
	return owner;
}
