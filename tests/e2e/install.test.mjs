// SPDX-License-Identifier: MIT
// What `make install` puts where, that systemd accepts it, that the program
// runs with it, and that `make uninstall` takes all of it away.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { accepts, build, folder, root, runAs, start, stop, until }
	from './lib/process.mjs';

function make(target, DESTDIR, PREFIX = '/usr/local') {
	return execFileSync(path.join(root, 'fcgi/install.sh'), [target], {
		env: { PATH: process.env.PATH, BUILD: build, DESTDIR, PREFIX },
		encoding: 'utf8' });
}

// The files below a folder, with their modes.
function filesOf(dir, at = '') {
	const found = {};
	for (const entry of fs.readdirSync(path.join(dir, at),
		{ withFileTypes: true })) {
		const name = `${at}/${entry.name}`;
		if (entry.isDirectory())
			Object.assign(found, filesOf(dir, name));
		else
			found[name] = (fs.statSync(path.join(dir, name)).mode
				& 0o777).toString(8);
	}
	return found;
}

const shipped = (name) => fs.readdirSync(path.join(root, name))
	.filter((n) => !/^run\./.test(n)).map((n) => `share/kimi-proxy/${name}/${n}`);

function expected(prefix, etc) {
	const below = [...shipped('apache'), ...shipped('lighttpd'),
		...shipped('nginx'), 'share/kimi-proxy/kimi.conf.example',
		'share/bash-completion/completions/kimi-proxy',
		'share/zsh/site-functions/_kimi-proxy',
		'share/fish/vendor_completions.d/kimi-proxy.fish',
		'share/man/man1/kimi-proxy.1', 'share/man/man5/kimi.conf.5', 'share/man/man5/kimi.db.5',
		'share/man/man7/kimi-api.7', 'share/man/man8/kimi.cgi.8',
		'share/man/man8/kimi.fcgi.8',
		'lib/systemd/system/kimi-proxy.service',
		'lib/systemd/system/kimi-proxy.socket',
		'lib/sysusers.d/kimi-proxy.conf', 'lib/tmpfiles.d/kimi-proxy.conf'];
	return {
		...Object.fromEntries(below.map((n) => [`${prefix}/${n}`, '644'])),
		[`${prefix}/bin/kimi-proxy`]: '755', // the link, by its target
		[`${prefix}/lib/kimi-proxy/kimi.cgi`]: '755',
		[`${prefix}/lib/kimi-proxy/kimi.fcgi`]: '755',
		[`${etc}/kimi-proxy/kimi.conf`]: '640',
		[`${etc}/logrotate.d/kimi-proxy`]: '644',
	};
}

const places = [['/usr/local', '/etc'], ['/usr', '/etc'],
	['/opt/kimi', '/opt/kimi/etc']];

for (const [prefix, etc] of places)
	test(`below ${prefix}`, () => {
		const dir = folder('install');
		assert.ok(make('install', dir, prefix).endsWith(`installed under ${
			dir}${prefix}; next: nginx/README.md, or that of your web server\n`));
		assert.deepEqual(filesOf(dir), expected(prefix, etc));
		const unit = fs.readFileSync(path.join(dir, prefix,
			'lib/systemd/system/kimi-proxy.service'), 'utf8');
		assert.match(unit, new RegExp(
			`\nExecStart=${prefix}/lib/kimi-proxy/kimi.fcgi\n`));
		assert.match(unit, new RegExp(
			`\nEnvironment=KIMI_CONFIG=${etc}/kimi-proxy/kimi.conf\n`));
		assert.doesNotMatch(fs.readFileSync(path.join(dir, etc,
			'kimi-proxy/kimi.conf'), 'utf8'), /make docs/);
		make('uninstall', dir, prefix);
		assert.deepEqual(filesOf(dir), {});
		assert.doesNotMatch(execFileSync('find', [dir],
			{ encoding: 'utf8' }), /\/kimi-proxy/);
	});

test('uninstalling with another PREFIX says that nothing is there', () => {
	const dir = folder('install');
	make('install', dir, '/usr');
	const before = filesOf(dir);
	const said = make('uninstall', dir, '/usr/local');
	assert.ok(said.includes(`nothing is installed under ${dir}/usr/local: `
		+ 'give the PREFIX of make install\n'), said);
	assert.deepEqual(filesOf(dir), before);
});

test('settings, database and log are never touched', () => {
	const dir = folder('install');
	const own = ['etc/kimi-proxy/kimi.conf', 'var/lib/kimi-proxy/kimi.db',
		'var/log/kimi-proxy/kimi.log'];
	for (const name of own) {
		fs.mkdirSync(path.join(dir, path.dirname(name)),
			{ recursive: true });
		fs.writeFileSync(path.join(dir, name), 'mine', { mode: 0o600 });
	}
	make('install', dir);
	make('install', dir);
	const said = make('uninstall', dir);
	assert.deepEqual(filesOf(dir),
		Object.fromEntries(own.map((n) => [`/${n}`, '600'])));
	for (const name of own) {
		assert.equal(fs.readFileSync(path.join(dir, name), 'utf8'), 'mine');
		assert.ok(said.includes(
			`kept: ${dir}/${path.dirname(name)}\n`), said);
	}
});

// Nothing outside the folder is seen: this is no DESTDIR, but a system of its own.
test('where systemd runs, uninstalling twice is no error', (t) => {
	const dir = folder('install');
	fs.chownSync(dir, process.getuid(), process.getgid());
	const own = (script) => spawnSync('unshare', ['-rm', 'sh', '-ec', `
		for hidden in /run /var/lib /var/log; do
			mount -t tmpfs none $hidden
		done
		mkdir -p /run/systemd/system
		${script}`], { encoding: 'utf8', env: { BUILD: build,
		PATH: `${dir}/bin:${process.env.PATH}`, PREFIX: `${dir}/prefix` } });
	if (own('').status !== 0)
		return t.skip('unshare cannot make a system');
	fs.mkdirSync(`${dir}/bin`);
	// As systemctl says it of a unit that is not there.
	fs.writeFileSync(`${dir}/bin/systemctl`, `#!/bin/sh
echo "$*" >>${dir}/asked
[ "$1" != disable ] || [ -e ${dir}/prefix/lib/systemd/system/$3 ]
`, { mode: 0o755 });
	make('install', `${dir}/prefix/..`, '/prefix');
	for (let i = 0; i < 2; i++) {
		const r = own(`${path.join(root, 'fcgi/install.sh')} uninstall`);
		assert.equal(r.status, 0, r.stdout + r.stderr);
		assert.match(r.stdout, i === 0 ? /web server.*include/
			: /nothing is installed under/);
	}
	assert.deepEqual(fs.readFileSync(`${dir}/asked`, 'utf8').split('\n'), [
		'disable --now kimi-proxy.socket kimi-proxy.service',
		'daemon-reload', '']);
	assert.deepEqual(Object.keys(filesOf(dir)).sort(),
		['/asked', '/bin/systemctl']);
});

test('systemd accepts the units, user and folders', () => {
	const dir = folder('install');
	fs.chownSync(dir, process.getuid(), process.getgid());
	make('install', dir);
	const units = path.join(dir, 'usr/local/lib/systemd/system');
	const [service, socket] = ['service', 'socket'].map((type) =>
		path.join(units, `kimi-proxy.${type}`));
	// It looks for the program where it will be.
	fs.writeFileSync(service, fs.readFileSync(service, 'utf8')
		.replace('ExecStart=', `ExecStart=${dir}`));
	const systemd = (command, ...argv) => {
		const r = spawnSync(command, argv, { encoding: 'utf8' });
		assert.equal(r.status, 0, `${command}: ${r.stdout}${r.stderr}`);
		return r.stdout + r.stderr;
	};
	assert.doesNotMatch(systemd('systemd-analyze', 'verify', '--man=no',
		service, socket), /kimi-proxy/);
	systemd('systemd-analyze', 'security', '--offline=true',
		'--threshold=25', service);
	systemd('systemd-sysusers', `--root=${dir}`, 'kimi-proxy.conf');
	assert.match(fs.readFileSync(path.join(dir, 'etc/passwd'), 'utf8'),
		/^kimi-proxy:.*:\/var\/lib\/kimi-proxy:\/usr\/sbin\/nologin$/m);
	if (process.getuid() !== 0)
		return; // others cannot give folders away
	systemd('systemd-tmpfiles', `--root=${dir}`, '--create',
		'kimi-proxy.conf');
	assert.equal(fs.statSync(path.join(dir, 'var/lib/kimi-proxy')).mode
		& 0o777, 0o700);
});

test('the command finds the settings that were installed with it', () => {
	const dir = folder('install'), prefix = path.join(dir, 'opt');
	make('install', dir, '/opt');
	fs.chmodSync(dir, 0o755);
	fs.chmodSync(path.join(prefix, 'etc/kimi-proxy/kimi.conf'), 0o644);
	const command = path.join(prefix, 'bin/kimi-proxy');
	assert.equal(fs.readlinkSync(command), '../lib/kimi-proxy/kimi.cgi');
	const show = (env) => {
		const r = spawnSync(command, ['config', 'show', '--json'],
			{ encoding: 'utf8', cwd: '/', ...runAs, env: { ...env,
				ASAN_OPTIONS: process.env.ASAN_OPTIONS || '' } });
		assert.equal(r.status, 0, r.stderr);
		return { file: r.stderr.trim(), db: JSON.parse(r.stdout)
			.find((s) => s.setting === 'KIMI_DB').comes_from };
	};
	const own = show({});
	assert.match(own.file, /opt\/.*etc\/kimi-proxy\/kimi\.conf$/);
	assert.match(own.db, /^kimi\.conf line \d+$/);
	// Another server's database has nothing to do with them.
	assert.deepEqual(show({ KIMI_DB: path.join(dir, 'other.db') }),
		{ file: 'Configuration file: none', db: 'environment' });
});

test('the program runs with the sample', async () => {
	const dir = folder('install');
	make('install', dir);
	const at = (name) => path.join(dir, name);
	fs.chmodSync(at('etc/kimi-proxy/kimi.conf'), 0o644);
	fs.chmodSync(dir, 0o777);
	const p = start(dir, 'daemon', [at('usr/local/lib/kimi-proxy/kimi.fcgi'),
		'--listen', at('kimi.sock')], { env: {
		KIMI_CONFIG: at('etc/kimi-proxy/kimi.conf'),
		KIMI_DB: at('kimi.db'), KIMI_LOG: at('kimi.log') } });
	await until('it listens', () => p.exit || accepts(at('kimi.sock')));
	assert.equal((await stop(p)).code, 0, fs.readFileSync(p.log, 'utf8'));
	const log = fs.readFileSync(at('kimi.log'), 'utf8');
	assert.ok(log.includes(at('etc/kimi-proxy/kimi.conf')), log);
	assert.doesNotMatch(log, / error /);
});
