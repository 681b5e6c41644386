// SPDX-License-Identifier: MIT
// The image of `make image`, unpacked and run: its size, what it serves and
// keeps, its health check, and how it stops.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Container, unable, unpackImage } from './lib/container.mjs';
import { startFake } from './lib/fake.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { folder, slack, until } from './lib/process.mjs';
import { answerOf, finished } from './lib/suite.mjs';

const USER = 65532;
const MB = 1e6;
const kimi = '/usr/lib/kimi-proxy/kimi.fcgi';
const run = promisify(execFile);

test('a container', { skip: slack > 1
	? 'the image is made of the release build' : unable() }, async (t) => {
	const dir = folder('container');
	const data = path.join(dir, 'data');
	fs.mkdirSync(data);
	fs.chownSync(data, USER, USER);
	const fake = await startFake(dir);
	let image, container;
	const check = (title, body) => t.test(title, body);

	try {
		await check('the image', built);
		await check('docker load finds its parts', forDocker);
		container = new Container(dir, image, data, {
			KIMI_TOKENS: 'web:refresh-of-the-test,platform:sk-of-the-test',
			DEFAULT_AUTHKEYS: 'sk-test', DEBUG: '1',
			KIMI_WEB_URL: fake.url, MOONSHOT_URL: `${fake.url}/v1`,
			KIMI_WEB_PROTOCOL: 'legacy', KIMI_TIMEZONE: 'Asia/Kathmandu' });
		await container.start();
		t.diagnostic(`run by ${container.by}`);
		await check('it chats, and the log is on standard error', chats);
		await check('it streams, each piece at once', streams);
		await check('the command has the settings of the server', commands);
		await check('a large request', large);
		await check('only /data can be written, and by its user', confined);
		await check('the health check', healthCheck);
		await check('a stop ends streams and records them', stops);
		await check('/data has the settings, and keeps all', keeps);
	} finally {
		await container?.stop();
		container?.clear();
		await fake.stop();
	}

	async function built() {
		image = await unpackImage(dir);
		assert.ok(image.size < 60 * MB, `${image.size} bytes`);
		t.diagnostic(`${(image.size / MB).toFixed(1)} MB`);
		const { config } = image;
		assert.equal(config.User, `${USER}:${USER}`);
		assert.deepEqual(config.ExposedPorts, { '8000/tcp': {} });
		assert.deepEqual(config.Volumes, { '/data': {} });
		assert.equal(config.Healthcheck.Test[0], 'CMD-SHELL');
		assert.ok(config.Env.includes('PORT=8000'));
		const inside = (name) => path.join(image.bundle, 'rootfs', name);
		assert.equal(fs.statSync(inside('data')).uid, USER);
		// What is of the machine that made it.
		for (const name of ['etc/apt', 'etc/resolv.conf', 'etc/hostname'])
			assert.ok(!fs.existsSync(inside(name)), name);
		assert.ok(fs.statSync(inside(kimi)).size < 2 * MB, 'debug symbols');
	}

	function forDocker() {
		const { layout, manifest, forDocker: list } = image;
		const at = (d) => `blobs/${d.digest.replace(':', '/')}`;
		assert.deepEqual(list, [{ Config: at(manifest.config),
			RepoTags: ['kimi-proxy:latest'],
			Layers: manifest.layers.map(at) }]);
		for (const name of [list[0].Config, ...list[0].Layers])
			assert.ok(fs.existsSync(path.join(layout, name)), name);
	}

	async function rows(sql) {
		const { stdout } = await run('sqlite3', ['-json',
			path.join(data, 'kimi.db'), sql]);
		return stdout.trim() ? JSON.parse(stdout) : [];
	}

	function rowOf(id) {
		return until(`a closed row of ${id}`, async () =>
			(await rows(`SELECT * FROM requests WHERE id = '${id}'
				AND status <> 'running'`))[0]);
	}

	async function chats() {
		for (const model of ['k2', 'kimi-k2.6']) {
			const r = await chat(container, say('hello', { model }));
			assert.match(answerOf(r), /hello/);
			const id = r.headers['x-request-id'];
			assert.equal((await rowOf(id)).status, 'done');
			await until('the log has it', () =>
				container.log().includes(id));
		}
		assert.match(container.log(), / debug /); // DEBUG=1
	}

	async function streams() {
		const gate = 'container';
		const s = stream(container, say(scene({ chunks: 6,
			answer: 'word '.repeat(6), gate })));
		for (let n = 1; n < 6; n++) {
			await s.content(n);
			await fake.open(gate, 1);
		}
		assert.equal((await finished(s)).contents.length, 6);
	}

	// lighttpd writes it to a file.
	async function large() {
		const text = 'x'.repeat(600000);
		const r = await chat(container, say(text, { model: 'kimi-k2.6' }));
		assert.ok(answerOf(r).includes(text));
	}

	async function confined() {
		const r = await container.exec('/bin/sh', '-c', `
			id -u
			for at in / /tmp /etc /usr/lib/kimi-proxy /var/tmp /dev; do
				! touch $at/x || echo "$at can be written"
			done
			touch /data/x && rm /data/x`);
		assert.equal(r.stdout, `${USER}\n`, r.stderr);
		assert.equal(r.code, 0, r.stderr);
	}

	function healthy() {
		return container.exec('/bin/sh', '-c',
			image.config.Healthcheck.Test[1]);
	}

	function signalProgram(name) {
		return container.exec('/bin/sh', '-c', `
			for at in /proc/[0-9]*; do
				[ "$(readlink $at/exe)" != ${kimi} ] ||
					kill -${name} \${at#/proc/}
			done`);
	}

	async function commands() {
		const r = await container.exec('/usr/bin/kimi-proxy', 'status',
			'--json');
		assert.equal(r.code, 0, r.stderr);
		const status = JSON.parse(r.stdout);
		assert.equal(status.database, '/data/kimi.db');
		assert.ok(status.today.requests >= 2);
	}

	async function healthCheck() {
		assert.equal((await healthy()).code, 0);
		await signalProgram('STOP');
		const silent = await healthy();
		await signalProgram('CONT');
		assert.equal(silent.code, 1);
		assert.match(silent.stderr, /The server /);
		assert.equal((await healthy()).code, 0);

		fs.renameSync(path.join(data, 'kimi.db'), path.join(data, 'away'));
		const sick = await until('it is sick', async () => {
			const r = await healthy();
			return r.code !== 0 && r;
		});
		fs.renameSync(path.join(data, 'away'), path.join(data, 'kimi.db'));
		assert.match(sick.stderr, /not healthy: status 503/);
		await until('it is well', async () => (await healthy()).code === 0);
	}

	async function stops() {
		const s = stream(container, say(scene({ chunks: 6,
			answer: 'word '.repeat(6), gate: 'never' })));
		await s.content(1);
		assert.deepEqual(await container.stop(), { code: 0, signal: null });
		await s.done;
		assert.match(s.error?.message || '', /shutting down/, s.raw);
		const row = await rowOf(s.headers['x-request-id']);
		assert.equal(row.status, 'failed');
		assert.match(container.log(), / stop Ended\./);
	}

	async function keeps() {
		const before = await rows('SELECT count(*) AS n FROM requests');
		fs.writeFileSync(path.join(data, 'kimi.conf'),
			'DEFAULT_AUTHKEYS=sk-file\n', { mode: 0o600 });
		fs.chownSync(path.join(data, 'kimi.conf'), USER, USER);
		delete container.env.DEFAULT_AUTHKEYS;
		await container.start();
		answerOf(await chat(container, say('hello'), { key: 'sk-file' }));
		const r = await call(container, '/healthz', { key: 'sk-file' });
		assert.equal(r.json.configuration, '/data/kimi.conf');
		assert.equal(r.json.database, '/data/kimi.db');
		const after = await rows('SELECT count(*) AS n FROM requests');
		assert.ok(after[0].n > before[0].n);
	}
});
