// SPDX-License-Identifier: MIT
// The command kimi-proxy as its manual has it: every command in two locales, in
// a pipe and on a narrow terminal, with its exit codes and without secrets.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CREDENTIAL, KEY, startOwner } from './lib/command.mjs';
import { scene } from './lib/http.mjs';
import { copy, folder, put, root, runAs, sleep, until } from './lib/process.mjs';

const manual = fs.readFileSync(path.join(root, 'cgi/kimi-proxy.1'), 'utf8');

// [words, arguments] of each command in the synopsis.
const commands = [...manual.matchAll(/^\.Nm\n\.Cm ([a-z ]+?) Oo Ar option.*?Oc(.*)$/gm)]
	.map(([, words, rest]) => [words.split(' '),
		[...rest.matchAll(/(Oo )?Ar ([a-z|]+)/g)].filter(([, o]) => !o)
			.map(([, , name]) => name)]);

const DONE = 0, FAILED = 1, USAGE = 2, MISSING = 3, WRONG = 4, BUSY = 5;
const HAN = '月之暗面的一个很长很长很长很长很长很长的对话';

// Columns of a line: Han take two.
const widthOf = (line) => [...line.replace(/\x1b\[\d*m/g, '')]
	.reduce((n, c) => n + (c.codePointAt(0) > 0x2E7F && c !== '\ufffd' ? 2 : 1), 0);

// What cannot be folded: ids and the names of files.
const whole = /\w+_[0-9A-Za-z]{20,}|\/\w+/;

test('the command', async (t) => {
	const owner = await startOwner('command');
	const ended = (r, status) => assert.equal(r.status, status,
		r.out + r.err);
	const check = (title, fn) => t.test(title, fn);

	try {
		ended({ ...await owner.chat('hello'), out: '', err: '' }, 200);
		await owner.chat(`hello ${HAN}`, { model: 'kimi-k3' });
		await owner.serve(`/c/${encodeURIComponent('chat-of-a-client')}`
			+ '/v1/chat/completions', JSON.stringify({ model: 'kimi-k3',
			messages: [{ role: 'user', content: HAN }] }));
		await owner.chat(scene({ status: 400, body: { error: {
			type: 'invalid_request_error',
			message: `${HAN} \x1b[2Jbad\x07 request` } } }));
		const all = owner.json(['requests']);
		assert.equal(all.length, 4);
		// What is refused can be repeated.
		const examples = { 'request show': all[0].id, 'key add': 'key_none' };
		const example = (words, names) => names.map((name) =>
			examples[words.join(' ')]
				|| (name === 'id' ? 'none' : `no-${name}`));

		await check('the manual lists all commands of the help', () => {
			const help = owner.run(['help']).out;
			const listed = [...help.matchAll(/^ {2}([a-z]+(?: [a-z]+)?)/gm)]
				.map(([, words]) => words).sort();
			assert.deepEqual(commands.map(([w]) => w.join(' ')).sort(),
				listed);
			assert.ok(listed.length > 5);
		});

		for (const [words, names] of commands)
			await check(words.join(' '), () => {
				const argv = [...words, ...example(words, names)];
				const help = owner.run([...words, '--help']);
				ended(help, DONE);
				assert.match(help.out, /^usage: kimi-proxy .*\n\n.+\n\n/);
				assert.equal(owner.run(['help', ...words]).out, help.out);
				const status = owner.run(argv).status;
				assert.ok(status >= DONE && status <= BUSY, `${status}`);
				for (const LC_ALL of ['C', 'zh_CN.UTF-8']) {
					ended(owner.run(argv, { env: { LC_ALL } }), status);
					const { out } = owner.onTerminal(argv, 40, { LC_ALL });
					for (const line of out.split('\n'))
						assert.ok(widthOf(line) <= 40 || whole.test(line)
							|| /^(usage:|kimi-proxy:)/.test(line)
							|| status !== DONE || words[0] === 'help', line);
					if (LC_ALL === 'C')
						assert.doesNotMatch(out, /[█▏▎▍▌▋▊▉▁▂▃▄▅▆▇]/);
					assert.doesNotMatch(out, /\x1b\[[^\dm]|\x1b\[2J|\x07/);
				}
				if (help.out.includes('--json') && status === DONE)
					JSON.parse(owner.run([...argv, '--json']).out);
				if (help.out.includes('--csv') && status === DONE)
					assert.match(owner.run([...argv, '--csv']).out,
						/^\w+(,\w+)*\r\n/);
			});

		await check('under LANG=C what people wrote stays', () => {
			const shown = (LC_ALL) => owner.onTerminal(['conversation', 'show',
				'chat-of-a-client'], 40, { LC_ALL }).out;
			for (const LC_ALL of ['C', 'C.UTF-8', 'zz_ZZ'])
				assert.match(shown(LC_ALL), /^月之暗面的一个很长很长很长很长很长很长的$/m);
			assert.doesNotMatch(shown('zz_ZZ.GB18030'), /月/);
		});

		await check('days and times are of KIMI_TIMEZONE, not of TZ', () => {
			const shown = (env) => owner.run(['requests'], { env }).out;
			assert.equal(shown({ TZ: 'Asia/Shanghai' }), shown({}));
			assert.notEqual(shown({ KIMI_TIMEZONE: 'Asia/Shanghai' }),
				shown({}));
		});

		await check('--version is that of the command', () => assert.equal(
			owner.run(['--version']).out, owner.run(['version']).out));

		await check('no option or argument is a secret', () => {
			for (const [words] of commands)
				assert.doesNotMatch(owner.run([...words, '--help']).out,
					/^usage:.*(SECRET|TOKEN|PASSWORD)|--\S+ (SECRET|TOKEN|PASSWORD)/m);
		});

		await check('neither output nor log has a secret', () => {
			const seen = ['config show', 'config check', 'status', 'requests']
				.flatMap((line) => [[], ['--json']].map((more) => {
					const r = owner.run([...line.split(' '), ...more]);
					return r.out + r.err;
				})).join('') + fs.readFileSync(owner.log, 'utf8');
			assert.ok(seen.includes('KIMI_TOKENS'));
			for (const secret of [KEY, CREDENTIAL])
				assert.ok(!seen.includes(secret));
		});

		await check('exit codes are those of the manual', () => {
			const bad = put(owner.dir, 'bad.conf', 'KIMI_QUEUE=maybe\n', 0o600);
			const rows = [[DONE, '--help'], [DONE, 'requests', '--limit=1'],
				[DONE, 'key', 'ls'], [DONE, 'help', 'key', 'rm'],
				[DONE, 'request', 'list'], [DONE, 'requests', 'ls'],
				[DONE, 'requests', 'show', all[0].id],
				[MISSING, 'key', 'remove', 'nobody'],
				[USAGE], [USAGE, 'nonsense'], [USAGE, 'config'],
				[USAGE, 'config', 'nonsense'], [USAGE, 'request', 'show'],
				[USAGE, 'requests', 'x'], [USAGE, 'requests', '--nonsense'],
				[USAGE, 'requests', '--limit', '0'],
				[USAGE, 'requests', '--since', 'whenever'],
				[USAGE, 'requests', '--color', 'blue'],
				[USAGE, 'requests', '--json', '--csv'],
				[MISSING, 'request', 'show', 'req_none'],
				[MISSING, 'requests', '--key', 'nobody'],
				[MISSING, 'help', 'nonsense'],
				[WRONG, 'config', 'check', '--config', bad],
				[FAILED, 'status', '--config', bad],
				[FAILED, 'status', '--config', '/none']];
			for (const [status, ...argv] of rows) {
				const r = owner.run(argv);
				assert.equal(r.status, status, `${argv}: ${r.out}${r.err}`);
				assert.equal(r.out === '', ![DONE, WRONG].includes(status),
					argv.join(' '));
				if (status !== DONE && status !== WRONG)
					assert.match(r.err, /^(kimi-proxy[ :]|usage)/);
			}
		});

		await check('files that are not there are not made', () => {
			const empty = folder('empty');
			const text = `KIMI_TOKENS=web:x\nKIMI_LOG=${empty}/kimi.log\n`;
			const config = put(empty, 'kimi.conf', `${text}wrong\n`, 0o600);
			for (const argv of [['config', 'check'], ['key', 'list']])
				owner.run([...argv, '--config', config]);
			assert.deepEqual(fs.readdirSync(empty), ['kimi.conf']);
			put(empty, 'kimi.conf', text, 0o600);
			const r = owner.run(['status', '--config', config]);
			ended(r, BUSY);
			assert.match(r.err, /There is no database at .*kimi\.db/);
			ended(owner.run(['config', 'check', '--config', config]), DONE);
			ended(owner.run(['config', 'show', '--config', config]), DONE);
			assert.deepEqual(fs.readdirSync(empty), ['kimi.conf']);
		});

		await check('a damaged one is said', () => {
			const dir = folder('damaged');
			const config = put(dir, 'kimi.conf', 'KIMI_TOKENS=web:x\n', 0o600);
			put(dir, 'kimi.db', 'this is no database '.repeat(100), 0o600);
			const r = owner.run(['status', '--config', config]);
			ended(r, BUSY);
			assert.match(r.err, /not a database/);
			ended(owner.run(['config', 'check', '--config', config]), WRONG);
		});

		await check('filters and order of requests', () => {
			const ids = (...argv) => owner.json(['requests', ...argv])
				.map((r) => r.id);
			assert.deepEqual(ids('--limit', '2'), [all[0].id, all[1].id]);
			assert.deepEqual(ids('--failed'), [all[0].id]);
			assert.deepEqual(ids('--model', 'none'), []);
			assert.equal(ids('--since', '1h').length, 4);
			assert.deepEqual(ids('--since', '2100-01-01'), []);
			const [key] = owner.json(['key', 'list']);
			ended(owner.run(['key', 'set', key.id, '--name', 'named']),
				DONE);
			const conversations = owner.json(['conversation', 'list']);
			assert.ok(conversations.length > 0);
			for (const name of ['named', key.id, key.secret]) {
				assert.equal(ids('--key', name).length, 4, name);
				assert.equal(owner.json(['conversation', 'list', '--key',
					name]).length, conversations.length, name);
			}
		});

		await check('what failed is told with the reason', () => {
			const { out } = owner.onTerminal(['requests', '--failed'], 80,
				{ NO_COLOR: '1' });
			assert.match(out, /STARTED AT +ID +ERROR/);
			assert.ok(out.includes(`${all[0].id}  Kimi says:`), out);
			assert.match(out, /bad\ufffd/);
			assert.equal(owner.run(['requests', '--failed', '--model',
				'none']).out, 'No failed requests.\n');
			assert.equal(owner.json(['requests', '--failed'])[0].status,
				'failed');
		});

		await check('a request is shown with its attempts and phases', () => {
			const shown = owner.json(['request', 'show', all[0].id]);
			assert.equal(shown.status, 'failed');
			assert.equal(shown.attempts[0].http_status, 400);
			assert.equal(shown.attempts[0].number, 1);
			const wide = owner.onTerminal(['request', 'show', all[0].id], 100);
			assert.match(wide.out, /^1 first byte +[█▏▎▍▌▋▊▉ ]+ +\d+ ms$/m);
			const file = owner.run(['request', 'show', all[0].id]).out;
			assert.match(file, /^1 first byte +#* +\d+ ms$/m);
		});

		await check('--follow prints each request when it ends', async () => {
			const { id: key } = owner.json(['key', 'show', 'named']);
			const child = spawn(owner.command, ['requests', '--follow', '--json',
				'--key', key], { ...runAs, env: owner.env });
			let out = '';
			child.stdout.on('data', (bytes) => out += bytes);
			const ids = () => out.split('\n').filter(Boolean)
				.map((line) => JSON.parse(line).id);
			const newest = () => owner.json(['requests', '--limit', '1'])[0];
			try {
				// It may not have begun to look when the first one ends.
				await until('one is followed', async () => {
					await owner.chat('hello');
					await sleep(100);
					return ids().length > 0;
				});
				await owner.chat('hello');
				const { id } = newest();
				await until('the next one is', () => ids().includes(id));
				assert.equal(new Set(ids()).size, ids().length);
			} finally {
				child.kill();
			}
		});

		await check('config show names where each value comes from', () => {
			const r = owner.run(['config', 'show', '--json'], {
				env: { KIMI_QUEUE: '7', KIMI_CODE_HEADERS:
					'X-Of: sk-0123456789abcdef0123|X-By: ann' } });
			const setting = (name) => JSON.parse(r.out)
				.find((s) => s.setting === name);
			assert.deepEqual(setting('KIMI_QUEUE'), { setting: 'KIMI_QUEUE',
				value: '7', comes_from: 'environment' });
			assert.equal(setting('KIMI_LOG').comes_from, 'kimi.conf line 1');
			assert.equal(setting('KIMI_WORKERS').comes_from, 'default');
			assert.equal(setting('DEFAULT_AUTHKEYS').value, 'sk-o…6789');
			assert.match(setting('KIMI_CODE_HEADERS').value,
				/^X-Of: sk-\.+\|X-By: ann$/);
			assert.ok(r.err.includes(owner.config));
		});

		await check('config check says all that is wrong', () => {
			const config = put(owner.dir, 'open.conf',
				'KIMI_X=1\nDEBUG=maybe\nKIMI_TOKENS=web:x\n', 0o644);
			const r = owner.run(['config', 'check', '--config', config,
				'--json']);
			ended(r, WRONG);
			const says = JSON.parse(r.out).filter((c) => c.result === 'wrong')
				.map((c) => c.details);
			assert.equal(says.length, 3, says.join('\n'));
			assert.match(says[0], /line 1: unknown setting KIMI_X/);
			assert.match(says[1], /line 2: DEBUG must be true or false/);
			assert.match(says[2], /Every user of this machine can read/);
		});

		await check('status says what an owner must do', async () => {
			await owner.chat(scene({ status: 401 }));
			const s = owner.json(['status']);
			assert.equal(s.database, owner.db);
			assert.ok(s.database_size > 0);
			assert.equal(s.running_requests, 0);
			assert.ok(s.today.requests >= 5);
			assert.equal(s.last_hours.length, 24);
			assert.ok(s.last_hours[0].requests + s.last_hours[1].requests >= 5);
			assert.equal(s.credentials[0].state, 'refused');
			assert.match(s.credentials[0].details, /KIMI_TOKENS/);
			assert.match(s.last_errors[0].error, /owner/);
		});

		await check('colours only where they are wanted', () => {
			const colored = (r) => r.out.includes('\x1b[');
			assert.ok(colored(owner.onTerminal(['status'], 80)));
			assert.ok(!colored(owner.run(['status'])));
			assert.ok(!colored(owner.onTerminal(['status'], 80,
				{ NO_COLOR: '1' })));
			assert.ok(!colored(owner.onTerminal(['status', '--color=never'],
				80)));
			assert.ok(colored(owner.run(['status', '--color', 'always'])));
		});
	} finally {
		await owner.stop();
	}
});

test('a secret is typed unseen, and the terminal is as before', async () => {
	const owner = await startOwner('command-prompt');
	const SECRET = 'sk-typed-by-the-owner-0123456789';
	// Types what `answer` does once it is asked; what the terminal showed.
	const typed = async (answer) => {
		const child = spawn('script', ['-qec', `${owner.command
		} credential add platform; stty -a`, '/dev/null'], { ...runAs,
			cwd: '/', env: { ...owner.env, TERM: 'xterm' } });
		let out = '';
		child.stdout.on('data', (bytes) => out += bytes);
		const ended = new Promise((resolve) => child.on('close', resolve));
		await until('it asks', () => / $/.test(out) && out.includes(': '));
		const pid = spawnSync('pgrep', ['-f', `^${owner.command}`],
			{ encoding: 'utf8' }).stdout.trim().split('\n')[0];
		const argv = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
		answer(child, Number(pid));
		await ended;
		assert.ok(!argv.includes(SECRET) && !out.includes(SECRET), out);
		assert.match(out, /[ ;]echo[ ;]/, 'echo is on again');
		return out;
	};
	try {
		await typed((child) => child.stdin.end(`${SECRET}\n`));
		await typed((child, pid) => {
			process.kill(pid, 'SIGTERM');
			child.stdin.end();
		});
		assert.ok(!fs.existsSync(owner.log)
			|| !fs.readFileSync(owner.log, 'utf8').includes(SECRET));
	} finally {
		await owner.stop();
	}
});

test('what is made belongs to the owner of the database', {
	skip: process.getuid() !== 0 && 'only root can be somebody else' },
async () => {
	const owner = await startOwner('command-user');
	const stranger = { uid: 1, gid: 1 };
	try {
		await owner.chat('hello');
		fs.chmodSync(owner.dir, 0o755);
		fs.chmodSync(owner.config, 0o644);
		fs.rmSync(owner.log);
		const r = owner.run(['status'], { user: stranger });
		assert.equal(r.status, BUSY, r.out + r.err);
		assert.match(r.err, /belongs to nobody.*sudo -u nobody kimi-proxy/);
		// Of an installation, with the mode that it gives its settings.
		fs.chmodSync(owner.config, 0o640);
		const unread = owner.run(['key', 'add', 'x', '--config',
			owner.config], { user: stranger });
		assert.equal(unread.status, BUSY, unread.err);
		assert.match(unread.err, /may not read .*sudo kimi-proxy/);
		assert.ok(!fs.existsSync(owner.log));
		// Whoever has changed its user cannot be searched for leaks.
		const byRoot = owner.run(['status', '--json'], { user: {}, env: {
			ASAN_OPTIONS: `${owner.env.ASAN_OPTIONS}:detect_leaks=0` } });
		assert.equal(byRoot.status, DONE, byRoot.err);
		// Files that arguments name are read as whoever gives them.
		const file = put(owner.dir, 'secret.txt',
			'sk-of-root-alone-0123456789\n', 0o600);
		fs.chownSync(file, 0, 0);
		const add = owner.run(['credential', 'add', 'platform', '--file', file],
			{ user: {}, env: { ASAN_OPTIONS:
				`${owner.env.ASAN_OPTIONS}:detect_leaks=0` } });
		assert.equal(add.status, DONE, add.err);
		// A file that root made there is found.
		fs.chownSync(put(owner.dir, 'kimi.log', '', 0o600), 0, 0);
		const check = owner.run(['config', 'check'], { user: {}, env: {
			ASAN_OPTIONS: `${owner.env.ASAN_OPTIONS}:detect_leaks=0` } });
		assert.equal(check.status, WRONG, check.out);
		assert.match(check.out.replace(/\s+/g, ' '),
			/log belongs to root, its folder to nobody/);
		fs.rmSync(owner.log);
		// What they name to be written, too: they may write elsewhere.
		const asRoot = (...argv) => owner.run(argv, { user: {}, env: {
			ASAN_OPTIONS: `${owner.env.ASAN_OPTIONS}:detect_leaks=0` } });
		const own = folder('command-user-root');
		fs.chownSync(own, 0, 0);
		for (const [dir, uid] of [[own, 0], [owner.dir, runAs.uid]]) {
			const to = path.join(dir, 'backup.db');
			const backup = asRoot('db', 'backup', to, '--json');
			assert.equal(backup.status, DONE, backup.err);
			assert.equal(JSON.parse(backup.out).size, fs.statSync(to).size);
			assert.equal(fs.statSync(to).uid, uid);
			assert.equal(fs.statSync(to).mode & 0o777, 0o600);
		}
		for (const name of fs.readdirSync(owner.dir))
			if (/^kimi\.(db|log|key)/.test(name))
				assert.equal(fs.statSync(path.join(owner.dir, name)).uid,
					runAs.uid, name);
	} finally {
		await owner.stop();
	}
});

test('a web server cannot make it obey, whatever the environment lacks', () => {
	const dir = folder('command-cgi');
	const program = copy(path.join(root,
		process.env.BUILD || 'build/release', 'kimi.cgi'), dir, 'kimi.cgi',
	0o755);
	for (const env of [{ REQUEST_METHOD: 'GET' },
		{ GATEWAY_INTERFACE: 'CGI/1.1' }])
		for (const argv of [['--help'], ['--version'], ['config', 'show'],
			['__complete', '']]) {
			const r = spawnSync(program, argv, { ...runAs, encoding: 'utf8',
				env: { ASAN_OPTIONS: process.env.ASAN_OPTIONS || '', ...env } });
			assert.match(r.stdout, /^Status: \d+/, argv.join(' '));
			assert.doesNotMatch(r.stdout, /KIMI_DB|kimi-proxy \d/);
		}
});
