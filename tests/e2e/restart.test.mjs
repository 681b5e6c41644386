// SPDX-License-Identifier: MIT
// A daemon is restarted while requests come and a long stream runs: none of
// them fails, and the stream ends whole.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { give, start, until } from './lib/process.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

const LOOPS = 4;
let serial = 0;

// `restart` gets functions that wait for so many more answers, and that let
// the long stream end.
async function underLoad(site, restart) {
	const gate = `restart-${++serial}`;
	let going = true, answers = 0;
	const loop = async (ask) => {
		while (going) {
			await ask();
			answers++;
		}
	};
	const more = (n) => {
		const before = answers;
		return until(`${n} more answers`, () => answers >= before + n);
	};
	const long = stream(site, say(scene({ chunks: 12,
		answer: 'word '.repeat(12), gate })));
	await long.content(1);
	const loops = Array.from({ length: LOOPS }, (_, i) => loop(i % 2
		? async () => answerOf(await chat(site, say('hello')))
		: async () => assert.equal((await call(site, '/healthz',
			{ key: '' })).status, 200)));
	// A failure of the loops ends the wait for more answers.
	const failed = Promise.all(loops);
	const release = async () => {
		await site.fake.open(gate, 11);
		assert.equal((await finished(long)).contents.length, 12);
	};
	try {
		await Promise.race([failed, (async () => {
			await more(10);
			await restart(more, release);
			await more(10);
		})()]);
	} finally {
		going = false;
	}
	await failed;
}

for (const mount of ['nginx', 'lighttpd_daemon', 'apache_proxy_fcgi'])
	withSite(`restart under ${mount}`, mount, {}, (check, site) =>
		check('a successor takes the path of one that ends', () =>
			takeover(site)));

async function takeover(site) {
	const socket = path.join(site.dir, 'kimi.sock');
	const inode = () => fs.statSync(socket).ino;
	const old = site.daemon, first = inode();
	await underLoad(site, async (more, release) => {
		old.child.kill('SIGTERM');
		await more(20);
		assert.equal(old.exit, null, 'it ended before its stream');
		assert.equal(inode(), first);
		site.daemon = start(site.dir, 'successor',
			[site.program, '--listen', socket]);
		await until('its path has the new socket', () =>
			inode() !== first);
		await more(50);
		assert.equal(old.exit, null, 'it did not wait for its stream');
		await release();
		assert.equal((await old.ended).code, 0);
	});
	assert.equal(fs.statSync(socket).mode & 0o7777, 0o660);
	assert.deepEqual(fs.readdirSync(site.dir).filter((n) =>
		/^kimi\.sock./.test(n)), []);
}

withSite('restart by systemd', 'nginx', { holder: holder(),
	settings: { KIMI_DRAIN: 4 } }, async (check, site) => {
	await check('the socket is never closed', () =>
		underLoad(site, async (more, release) => {
			const [old] = site.programs();
			site.daemon.child.kill('SIGHUP');
			await more(20);
			assert.deepEqual(site.programs(), [old]);
			await release();
			await until('another process runs', () => {
				const all = site.programs();
				return all.length === 1 && all[0] !== old;
			});
		}));
	await check('SIGTERM ends it, and the socket stays', async () => {
		const { daemon } = site;
		daemon.child.kill('SIGTERM');
		assert.equal((await daemon.ended).code, 0);
		assert.ok(fs.existsSync(path.join(site.dir, 'kimi.sock')));
		await site.startProgram();
	});
});

// Stands for systemd, which tests cannot start.
function holder() {
	return (dir) => {
		const program = path.join(dir, 'socket_holder');
		execFileSync('cc', ['-D_GNU_SOURCE', '-o', program,
			fileURLToPath(new URL('lib/socket_holder.c',
				import.meta.url))]);
		fs.chmodSync(program, 0o755);
		give(program);
		return program;
	};
}
