// SPDX-License-Identifier: MIT
// kimi.fcgi --listen: what a supervisor relies on.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, give, sleep, slack, start, stop, until }
	from './lib/process.mjs';
import { kept } from './lib/gateway.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_WORKERS: 40 };

withSite('daemon', 'nginx', { settings }, async (check, site) => {
	const socket = path.join(site.dir, 'kimi.sock');
	const gated = (n, gate) => stream(site, say(scene({ chunks: n,
		answer: 'word '.repeat(n), gate })));

	await check('a location may have settings of its own', second);
	await check('its socket is for owner and group only', mode);
	await check('peers that send nothing or nonsense do no harm', peers);
	await check('beyond KIMI_WORKERS it answers 503, and recovers', full);
	await check('on SIGTERM it serves until running streams finish', drain);
	await check('on SIGTERM connections that wait for a request are closed',
		closeKept);
	await check('a second SIGTERM ends them with an error', hurry);
	await check('SIGHUP reads kimi.conf again', reload);
	await check('many of them in a row disturb nobody', reloads);
	await check('a second one refuses the address in use', another);
	await check('no other file is overwritten by its socket', notASocket);
	await check('two sockets of systemd are refused', twoSockets);
	await check('a port without its address is refused', portAlone);
	await check('it serves on a loopback port too', tcp);
	await check('SIGTERM ends it in good order from the first moment', early);
	await check('a wrong setting is one clear line', wrong);

	async function second() {
		const db = path.join(site.dir, 'data', 'second.db');
		site.configure({ DEFAULT_AUTHKEYS: 'sk-second', KIMI_DB: db },
			path.join(site.dir, 'second.conf'));
		const path2 = '/second/v1/chat/completions';
		answerOf(await chat(site, say('hello'),
			{ path: path2, key: 'sk-second' }));
		errorOf(await chat(site, say('hello'), { path: path2 }), 401);
		errorOf(await chat(site, say('hello'), { key: 'sk-second' }), 401);
		assert.ok(fs.existsSync(db));
	}

	function mode() {
		assert.equal(fs.statSync(socket).mode & 0o777, 0o660);
	}

	async function peers() {
		const silent = Array.from({ length: 20 }, () =>
			net.connect(socket).on('error', () => {}));
		const rude = Array.from({ length: 5 }, () => net.connect(socket)
			.on('error', () => {}).on('connect', function () {
				this.end('GET / HTTP/1.1\r\n\r\n' + '\xff'.repeat(100));
			}));
		await sleep(100);
		for (let i = 0; i < 5; i++)
			answerOf(await chat(site, say('hello')));
		for (const s of [...silent, ...rude])
			s.destroy();
		await sleep(100);
		answerOf(await chat(site, say('hello')));
		assert.equal(site.daemon.exit, null);
	}

	async function full() {
		const all = Array.from({ length: 60 }, () => gated(4, 'full'));
		await until('all run or are refused', () => all.every((s) =>
			s.contents.length || s.ended));
		await site.fake.open('full', 3);
		await Promise.all(all.map((s) => s.done));
		const refused = all.filter((s) => s.status === 503);
		assert.ok(refused.length >= 15 && refused.length <= 40,
			`${refused.length} refused`);
		assert.match(refused[0].raw, /"error"/);
		assert.equal(refused[0].headers['retry-after'], '1');
		for (const s of all.filter((s) => s.status !== 503))
			await finished(s);
		answerOf(await chat(site, say('hello')));
	}

	async function drain() {
		const running = [1, 2, 3].map(() => gated(12, 'drain'));
		await Promise.all(running.map((s) => s.content(1)));
		// Whoever may connect still may.
		fs.chmodSync(socket, 0o666);
		const marks = site.marks();
		const ended = stop(site.daemon);
		await until('it has read the signal', leaving);
		assert.match(site.logs(marks), / info - stop Ends within \d+ s\./);
		assert.equal(fs.statSync(socket).mode & 0o777, 0o666);
		for (let i = 0; i < 5; i++)
			answerOf(await chat(site, say('hello')));
		await site.fake.open('drain', 11);
		for (const s of running)
			assert.equal((await finished(s)).contents.length, 12);
		assert.equal((await ended).code, 0);
		assert.match(site.logs(marks), / info - stop Ended\.\n/);
		assert.ok(!fs.existsSync(socket));
		assert.equal((await chat(site, say('hello'))).status, 502);
		await site.startProgram();
		answerOf(await chat(site, say('hello')));
	}

	// Web servers keep connections for a minute and more.
	async function closeKept() {
		const all = await Promise.all(Array.from({ length: 40 }, () =>
			kept(socket, { REQUEST_URI: '/healthz' })));
		answerOf(await chat(site, say('hello')));
		const begun = Date.now();
		assert.equal((await stop(site.daemon)).code, 0);
		assert.ok(Date.now() - begun < 20000 * slack);
		await Promise.all(all.map((each) => each.closed));
		await site.startProgram();
	}

	// A process that ends lets another one take its socket.
	function leaving() {
		return (fs.statSync(socket).mode & 0o1000) !== 0;
	}

	async function hurry() {
		const s = gated(12, 'never');
		await s.content(1);
		const ended = stop(site.daemon);
		await until('it has read the signal', leaving);
		await stop(site.daemon);
		assert.equal((await ended).code, 0);
		await s.done;
		assert.match(s.raw, /"error":/);
		assert.ok(!s.finished);
		await site.startProgram();
	}

	async function reload() {
		const signalled = async (more) => {
			const marks = site.marks();
			if (more)
				site.configure({ ...settings, ...more });
			else
				fs.rmSync(path.join(site.kimi, 'kimi.conf'));
			site.daemon.child.kill('SIGHUP');
			await until('it has read the signal', () =>
				/ - config .*\n/.test(site.logs(marks)));
			return site.logs(marks);
		};
		const running = [1, 2].map(() => gated(12, 'reload'));
		await Promise.all(running.map((s) => s.content(1)));
		assert.match(await signalled({ DEFAULT_AUTHKEYS: 'sk-new',
			KIMI_WORKERS: 2 }), /Configuration reloaded/);
		errorOf(await chat(site, say('hello'), { key: 'sk-new' }), 503);
		await site.fake.open('reload', 11);
		for (const s of running)
			assert.equal((await finished(s)).contents.length, 12);
		// A worker may still tidy up after a request that has its reply.
		const replies = (status, key) => until(`status ${status}`,
			async () => (await chat(site, say('hello'), { key }))
				.status === status);
		await replies(200, 'sk-new');
		await replies(401, 'sk-test');
		assert.match(await signalled({ KIMI_WORKERS: 'many' }),
			/error .*KIMI_WORKERS .*previous .*stays in use/);
		await replies(200, 'sk-new');
		assert.match(await signalled(null), /error .*gone.*stays in use/);
		await replies(200, 'sk-new');
		await signalled({});
		await replies(200, 'sk-test');
	}

	async function reloads() {
		let going = true;
		const loops = [1, 2, 3, 4].map(async () => {
			while (going)
				answerOf(await chat(site, say('hello')));
		});
		for (let i = 0; i < 20; i++) {
			site.daemon.child.kill('SIGHUP');
			await sleep(10);
		}
		going = false;
		await Promise.all(loops);
	}

	async function another() {
		const p = start(site.dir, 'another', [site.program, '--listen',
			socket]);
		await until('it ends', () => p.exit);
		assert.notEqual(p.exit.code, 0, 'it took the socket over');
		answerOf(await chat(site, say('hello')));
	}

	async function notASocket() {
		const file = path.join(site.dir, 'data', 'precious');
		fs.writeFileSync(file, 'text');
		give(file);
		const p = start(site.dir, 'precious', [site.program, '--listen',
			file]);
		await p.ended;
		assert.equal(p.exit.code, 1);
		assert.match(fs.readFileSync(p.log, 'utf8'),
			/kimi\.fcgi: cannot listen on .*: Address already in use\./);
		assert.equal(fs.readFileSync(file, 'utf8'), 'text');
	}

	async function twoSockets() {
		const p = start(site.dir, 'two', ['/bin/sh', '-c',
			'LISTEN_FDS=2 LISTEN_PID=$$ exec "$0"', site.program]);
		await p.ended;
		assert.equal(p.exit.code, 2);
		assert.match(fs.readFileSync(p.log, 'utf8'),
			/passed on 2 sockets/);
	}

	// It would be a socket of that name in the current directory.
	async function portAlone() {
		const p = start(site.dir, 'port', [site.program, '--listen', '9000']);
		await Promise.race([p.ended, sleep(3000 * slack)]);
		if (!p.exit)
			await stop(p);
		assert.equal(p.exit.code, 1);
		assert.match(fs.readFileSync(p.log, 'utf8'),
			/cannot listen on 9000: for a port write 127\.0\.0\.1:9000\./);
	}

	async function tcp() {
		const port = await freePort();
		const p = start(site.dir, 'tcp', [site.program, '--listen',
			`127.0.0.1:${port}`]);
		await until('it listens', () => new Promise((resolve) => {
			const s = net.connect(port, '127.0.0.1')
				.on('connect', () => resolve(s.destroy()))
				.on('error', () => resolve(false));
		}));
		assert.equal((await stop(p)).code, 0);
	}

	async function early() {
		const library = path.join(site.dir, 'signalled_listen.so');
		execFileSync('cc', ['-D_GNU_SOURCE', '-shared', '-fPIC', '-o',
			library, fileURLToPath(new URL('lib/signalled_listen.c',
				import.meta.url)), '-ldl']);
		give(library);
		const p = start(site.dir, 'early', [site.program, '--listen',
			`127.0.0.1:${await freePort()}`], { env: {
			LD_PRELOAD: library,
			ASAN_OPTIONS: [process.env.ASAN_OPTIONS,
				'verify_asan_link_order=0'].filter(Boolean).join(':'),
		} });
		const exit = await Promise.race([p.ended,
			sleep(8000 * slack, undefined, { ref: false })]);
		assert.deepEqual(exit, { code: 0, signal: null });
	}

	async function wrong() {
		site.configure({ ...settings, KIMI_KEEPALIVE: 'often' });
		const p = start(site.dir, 'wrong', [site.program, '--listen',
			path.join(site.dir, 'wrong.sock')]);
		const said = () => fs.readFileSync(p.log, 'utf8')
			+ fs.readFileSync(path.join(site.dir, 'kimi.log'), 'utf8');
		await until('it says what is wrong', () =>
			/KIMI_KEEPALIVE must be a number/.test(said()));
		await until('it says that it starts', () =>
			/ error - start .*503.*kimi\.conf/.test(said()));
		await sleep(200);
		assert.ok(!p.exit || p.exit.code !== 0);
		await stop(p);
	}
});
