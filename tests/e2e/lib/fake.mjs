// SPDX-License-Identifier: MIT
// Starts and controls the fake Kimi.

import fs from 'node:fs';
import path from 'node:path';
import { build, copy, sleep, start, stop, until } from './process.mjs';
import { call } from './http.mjs';

// tls: { cert, key }, files: it serves https, and this object cannot control it.
export async function startFake(dir, tls) {
	const file = copy(path.join(build, 'fake_kimi'), dir, 'fake_kimi', 0o755);
	const p = start(dir, 'fake', [file, '--port', '0', ...(tls
		? ['--tls-cert', tls.cert, '--tls-key', tls.key] : [])]);
	const line = /fake Kimi on https?:\/\/127\.0\.0\.1:(\d+)/;
	const port = Number(await until('the fake Kimi listens', () => {
		if (p.exit)
			throw new Error(`fake_kimi ended: ${JSON.stringify(p.exit)} `
				+ fs.readFileSync(p.log, 'utf8'));
		return line.exec(fs.readFileSync(p.log, 'utf8'))?.[1];
	}));
	return new Fake(dir, file, p, port);
}

class Fake {
	constructor(dir, file, process, port) {
		this.dir = dir;
		this.file = file;
		this.process = process;
		this.port = port;
		this.url = `http://127.0.0.1:${port}`;
	}

	async #ask(path, body) {
		const r = await call(this, `/_fake/${path}`, { key: '', body });
		if (r.status >= 300)
			throw new Error(`fake ${path}: ${r.status} ${r.text}`);
		return r.text ? JSON.parse(r.text) : null;
	}

	stats = () => this.#ask('stats');
	requests = () => this.#ask('requests');
	settings = (members) => this.#ask('settings', members);
	// Lets n more pieces through the gate of that name.
	open = (gate, n = 1) => this.#ask('gates', { [gate]: n });
	reset = () => this.#ask('reset', {});
	scenes = (list) => this.#ask('scenes', list);
	stop = () => stop(this.process);

	// An outage: connections break, then are refused for a while. Chats,
	// rules, counts and settings are lost.
	async restart(ms) {
		await stop(this.process, 'SIGKILL');
		await sleep(ms);
		this.process = start(this.dir, 'fake', [this.file, '--port',
			String(this.port)]);
		await until('the fake Kimi listens again', () => {
			if (this.process.exit)
				throw new Error(`fake_kimi ended: ${
					JSON.stringify(this.process.exit)}`);
			return this.stats().catch(() => false);
		});
	}

	// The requests that the fake got from one credential.
	async asked(token, route) {
		return (await this.requests()).filter((r) =>
			(!token || r.token?.includes(token))
			&& (!route || r.route === route));
	}
}
