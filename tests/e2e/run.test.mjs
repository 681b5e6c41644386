// SPDX-License-Identifier: MIT
// What `make run` does: lighttpd/run.sh, and the lines that it prints.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { build, copy, folder, freePort, give, processesOf, put, root, start,
	stop, until } from './lib/process.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { complaints } from './lib/site.mjs';
import { answerOf } from './lib/suite.mjs';

const shell = promisify(execFile);

// A copy that the unprivileged user can read, wherever the clone is.
function clone() {
	const dir = folder('run');
	for (const sub of ['bin', 'lighttpd']) {
		fs.mkdirSync(path.join(dir, sub));
		give(path.join(dir, sub));
	}
	for (const name of ['kimi.fcgi', 'fake_kimi'])
		copy(path.join(build, name), path.join(dir, 'bin'), name, 0o755);
	for (const name of ['run.sh', 'run.conf', 'fastcgi.conf'])
		copy(path.join(root, 'lighttpd', name), path.join(dir, 'lighttpd'));
	return dir;
}

async function running(dir, env = {}) {
	const port = await freePort();
	const p = start(dir, 'run', ['/bin/sh', 'lighttpd/run.sh'],
		{ env: { BUILD: 'bin', PORT: String(port), ...env } });
	const printed = () => fs.readFileSync(p.log, 'utf8');
	await until('it prints how to use it', () => {
		if (p.exit)
			throw new Error(`it ended: ${printed()}`);
		return printed().includes('Ctrl-C stops it');
	});
	return { dir, port, process: p, printed,
		programs: () => ['kimi.fcgi', 'fake_kimi'].flatMap((name) =>
			processesOf(path.join(dir, 'bin', name))) };
}

test('make run', async (t) => {
	const dir = clone();
	const run = await running(dir);
	try {
		await t.test('prints what it serves and where', () => {
			const text = run.printed();
			assert.match(text, new RegExp(
				`http://127.0.0.1:${run.port}/v1\n`));
			assert.match(text, /FAKE Kimi/);
			assert.ok(text.includes(path.join(dir, 'var/kimi.db')));
		});
		await t.test('every printed curl line works', async () => {
			const lines = run.printed().match(/^ *curl .*$/gm);
			assert.equal(lines.length, 4);
			const replies = [];
			for (const line of lines)
				replies.push((await shell('sh', ['-c',
					line.replace('curl', 'curl -sS')])).stdout);
			assert.match(replies[0], /You said: Hello/);
			assert.match(replies[1], /data: \[DONE\]\n\n$/);
			assert.match(replies[3], /I remember: My name is Ann/);
		});
		await t.test('both services answer', async () => {
			for (const model of ['k2', 'kimi-k3'])
				answerOf(await chat(run, say('hello', { model }),
					{ key: 'sk-default' }));
		});
		await t.test('a key of Kimi Code goes to the fake, too', async () => {
			answerOf(await chat(run, say('hello',
				{ model: 'kimi-for-coding' }),
			{ key: 'sk-kimi-abcdefghijklmnopqrstuvwx' }));
		});
		await t.test('a port in use is one line', async () => {
			const again = start(dir, 'again',
				['/bin/sh', 'lighttpd/run.sh'],
				{ env: { BUILD: 'bin', PORT: String(run.port) } });
			const { code } = await again.ended;
			assert.equal(code, 1);
			const text = fs.readFileSync(again.log, 'utf8');
			assert.match(text, /^.*port \d+ is taken.*\n$/);
			assert.equal((await call(run, '/healthz')).status, 200);
		});
		await t.test('SIGTERM ends streams cleanly, and all processes',
			async () => {
				assert.equal(run.programs().length, 2);
				const s = stream(run, say(scene({ chunks: 40,
					answer: 'word '.repeat(40), chunk_ms: 1000 })),
				{ key: 'sk-default' });
				await s.content(1);
				const { code } = await stop(run.process);
				assert.equal(code, 0, run.printed());
				await s.done;
				assert.ok(s.error, s.raw.slice(-300));
				assert.ok(!s.finished);
				assert.deepEqual(run.programs(), []);
				assert.equal(await call(run, '/healthz')
					.catch((e) => e.code), 'ECONNREFUSED');
			});
		await t.test('the database is readable', async () => {
			const { stdout } = await shell('sqlite3',
				[path.join(dir, 'var/kimi.db'),
					'SELECT * FROM v_sessions']);
			assert.match(stdout, /my-first/);
		});
	} finally {
		await stop(run.process);
	}
	assert.equal(complaints(dir), '');
});

test('make run with settings', async (t) => {
	const dir = clone();
	const secret = 'sk-a-secret-of-the-server-0123456789';
	const run = await running(dir, { KIMI_DB: 'other/my.db',
		KIMI_TOKENS: `platform:${secret}`, DEFAULT_AUTHKEYS: 'sk-mine',
		MOONSHOT_URL: 'http://127.0.0.1:9/v1' });
	try {
		await t.test('the environment reaches the program', async () => {
			const r = await chat(run, say('hello', { model: 'kimi-k3' }),
				{ key: 'sk-mine' });
			assert.equal(r.status, 502, r.text);
			assert.ok(fs.existsSync(path.join(dir, 'other/my.db')));
			assert.equal(processesOf(path.join(dir, 'bin/fake_kimi'))
				.length, 0);
		});
		await t.test('no secret is printed or on a command line',
			async () => {
				const { stdout } = await shell('ps', ['-eo', 'args']);
				for (const text of [run.printed(), stdout])
					for (const word of [secret, 'sk-mine'])
						assert.ok(!text.includes(word));
				assert.match(run.printed(), /Bearer \$KEY/);
			});
		await t.test('SIGINT stops it too', async () => {
			const { code } = await stop(run.process, 'SIGINT');
			assert.equal(code, 0);
			assert.deepEqual(run.programs(), []);
		});
	} finally {
		await stop(run.process);
	}
});

test('make run knows the keys and the database of a file', async () => {
	const dir = clone();
	fs.mkdirSync(path.join(dir, 'mine'));
	give(path.join(dir, 'mine'));
	put(dir, 'my.conf', ` KIMI_TOKENS = platform:sk-of-the-file
DEFAULT_AUTHKEYS=sk-mine   # and nobody else's
MOONSHOT_URL=http://127.0.0.1:9/v1
KIMI_DB=${path.join(dir, 'mine/my.db')}
`);
	const run = await running(dir, { KIMI_CONFIG: 'my.conf' });
	try {
		assert.match(run.printed(), /set KEY to one of DEFAULT_AUTHKEYS/);
		assert.match(run.printed(), /Bearer \$KEY/);
		assert.doesNotMatch(run.printed(), /sk-default|sk-mine/);
		assert.ok(fs.existsSync(path.join(dir, 'mine/my.db')));
		assert.ok(!fs.existsSync(path.join(dir, 'var')));
	} finally {
		await stop(run.process);
	}
});

test('make run without programs says so', async () => {
	const dir = folder('run');
	put(dir, 'run.sh', fs.readFileSync(path.join(root, 'lighttpd/run.sh')));
	const p = start(dir, 'run', ['/bin/sh', 'run.sh'],
		{ env: { BUILD: 'none', PORT: String(await freePort()) } });
	assert.equal((await p.ended).code, 1);
	assert.match(fs.readFileSync(p.log, 'utf8'), /^make run: .*make first\n$/);
});

test('make run says at once that it cannot serve, and why', async () => {
	const dir = clone();
	const p = start(dir, 'run', ['/bin/sh', 'lighttpd/run.sh'], { env: {
		BUILD: 'bin', PORT: String(await freePort()), KIMI_WORKERS: 'many' } });
	assert.equal((await p.ended).code, 1);
	const said = fs.readFileSync(p.log, 'utf8');
	assert.match(said, /environment: KIMI_WORKERS must be a number/);
	assert.match(said, /make run: .*cannot serve.*\n/);
});
