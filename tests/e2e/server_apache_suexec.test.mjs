// SPDX-License-Identifier: MIT
// Shared hosting as apache/README.md describes it: Apache runs the program as
// its owner with suexec, which passes on none of the owner's variables.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startFake } from './lib/fake.mjs';
import { call, chat, say, stream } from './lib/http.mjs';
import { obeysNoQuery } from './lib/paths.mjs';
import { build, copy, folder, freePort, give, logsSince, put, root, runAs,
	start, stop, until } from './lib/process.mjs';
import { answerOf, errorOf, finished } from './lib/suite.mjs';

const suexec = '/usr/lib/apache2/suexec-pristine';
const modules = '/usr/lib/apache2/modules';
const log = '/var/log/apache2';

function missing() {
	if (process.getuid() !== 0)
		return 'Apache changes its user only if root starts it';
	for (const file of [suexec, `${modules}/mod_suexec.so`, log])
		if (!fs.existsSync(file))
			return `${file} is missing`;
	return false;
}

// suexec runs nothing outside of this folder.
const documents = () => /AP_DOC_ROOT="(.*)"/.exec(
	spawnSync(suexec, ['-V'], { encoding: 'utf8' }).stderr)[1];

function apache(dir, top, port) {
	const load = ['mpm_event', 'authz_core', 'unixd', 'alias', 'env',
		'setenvif', 'mime', 'dir', 'cgid', 'rewrite', 'suexec']
		.filter((n) => fs.existsSync(`${modules}/mod_${n}.so`))
		.map((n) => `LoadModule ${n}_module ${modules}/mod_${n}.so`);
	return start(dir, 'server', ['/usr/sbin/apache2', '-DFOREGROUND', '-f',
		put(dir, 'apache.conf', `
ServerRoot ${dir}
DefaultRuntimeDir ${dir}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${dir}/apache.pid
ScriptSock ${dir}/cgid.sock
Mutex file:${dir} default
ErrorLog ${dir}/apache.log
${load.join('\n')}
TypesConfig /dev/null
User www-data
Group www-data
SuexecUserGroup #${runAs.uid} #${runAs.gid}
DocumentRoot ${top}/public_html
<Directory />
  AllowOverride None
  Require all denied
</Directory>
<Directory ${top}/public_html>
  AllowOverride FileInfo Options
  Require all granted
</Directory>
`)], { self: true });
}

function tree() {
	const top = folder('suexec', documents());
	fs.chmodSync(top, 0o755);
	for (const [sub, mode] of [['public_html', 0o755],
		['public_html/kimi', 0o755], ['kimi-private', 0o700]]) {
		fs.mkdirSync(path.join(top, sub), { mode });
		give(path.join(top, sub));
	}
	put(path.join(top, 'public_html'), 'index.html', 'a web site of its own');
	copy(path.join(build, 'kimi.cgi'), path.join(top, 'public_html/kimi'),
		'kimi.cgi', 0o755);
	put(path.join(top, 'public_html/kimi'), '.htaccess',
		`${fs.readFileSync(path.join(root, 'apache/htaccess'))}
SetEnv KIMI_CONFIG ${top}/not-passed-on.conf
`);
	return top;
}

test('apache suexec', { skip: missing() }, async (t) => {
	const dir = folder('suexec');
	fs.chmodSync(dir, 0o755);
	const top = tree();
	const fake = await startFake(dir);
	const site = { port: await freePort() };
	const server = apache(dir, top, site.port);
	const settings = (mode) => put(`${top}/kimi-private`, 'kimi.conf',
		`KIMI_TOKENS=platform:sk-of-the-test   # of the fake
MOONSHOT_URL=${fake.url}/v1
DEFAULT_AUTHKEYS=sk-test
KIMI_LOG=${top}/kimi-private/kimi.log
`, mode);
	const ask = (request) => chat(site, say('hello', { model: 'kimi-k3' }),
		{ path: '/kimi/v1/chat/completions', ...request });
	const inTree = () => fs.readdirSync(`${top}/public_html/kimi`).sort();
	try {
		await until('Apache answers', () => {
			assert.equal(server.exit, null,
				logsSince(dir));
			return call(site, '/', { key: '' }).catch(() => false);
		});
		await t.test('without settings nothing is made in the web tree',
			async () => {
				const e = errorOf(await ask(), 503);
				assert.match(e.message, /document root.*KIMI_DB/);
				assert.deepEqual(inTree(), ['.htaccess', 'kimi.cgi']);
			});
		await t.test('settings that others can read are refused',
			async () => {
				settings(0o644);
				assert.match(errorOf(await ask(), 503).message, /0600/);
			});
		await t.test('the recipe ends with a chat', async () => {
			settings(0o600);
			assert.match(answerOf(await ask()), /fake Kimi/);
			const s = await finished(stream(site, say('hello',
				{ model: 'kimi-k3' }),
			{ path: '/kimi/v1/chat/completions' }));
			assert.match(s.text, /fake Kimi/);
			errorOf(await ask({ key: 'sk-wrong' }), 401);
		});
		await t.test('the database is the owner\'s, outside', () => {
			const s = fs.statSync(`${top}/kimi-private/kimi.db`);
			assert.equal(s.uid, runAs.uid);
			assert.equal(s.mode & 0o777, 0o600);
			assert.deepEqual(inTree(), ['.htaccess', 'kimi.cgi']);
		});
		await t.test('no words of a query are obeyed, as the command would',
			() => obeysNoQuery({ ...site, mount: { prefix: '/kimi' } }));
		await t.test('the site around it is served as before', async () => {
			assert.equal((await call(site, '/', { key: '' })).text,
				'a web site of its own');
			const r = await call(site, '/kimi/kimi.cgi', { key: '' });
			assert.ok(!r.text.includes('ELF'));
			assert.equal((await call(site, '/kimi-private/kimi.conf',
				{ key: '' })).status, 404);
		});
	} catch (e) {
		t.diagnostic(logsSince(dir));
		throw e;
	} finally {
		await stop(server);
		await fake.stop();
	}
});
