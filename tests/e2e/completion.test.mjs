// SPDX-License-Identifier: MIT
// What bash, zsh and fish offer, with the files that are installed for them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { startOwner } from './lib/command.mjs';
import { copy, root, runAs } from './lib/process.mjs';

// As each shell calls its own; what it prints is what it would offer.
const shells = {
	bash: { file: 'kimi-proxy.bash', script: (line) => `
		source "$FILE"
		read -ra COMP_WORDS <<<${JSON.stringify(line)}
		[[ ${JSON.stringify(line)} != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
		_kimi_proxy
		printf '%s\\n' "\${COMPREPLY[@]}"` },
	zsh: { file: '_kimi-proxy', flags: ['-f'], script: (line) => `
		_describe() { print -rl -- \${\${(P)2}%%:*} }
		_files() { print files }
		typed=${JSON.stringify(line)} words=(\${(z)typed})
		[[ ${JSON.stringify(line)} != *" " ]] || words+=("")
		CURRENT=$#words
		source $FILE` },
	fish: { file: 'kimi-proxy.fish', flags: ['--no-config'], script: (line) => `
		source $FILE
		complete -C ${JSON.stringify(line)} | string replace -r '\\t.*' ''` },
};

const isThere = (shell) =>
	spawnSync(shell, ['-c', 'true']).error === undefined;

test('completion', async (t) => {
	const owner = await startOwner('completion');
	const offered = (shell, line) => {
		const { file, script, flags = [] } = shells[shell];
		const r = spawnSync(shell, [...flags, '-c', script(line)], {
			cwd: owner.dir, ...runAs, encoding: 'utf8', env: {
				...owner.env, KIMI_CONFIG: owner.config,
				PATH: `${owner.dir}:${process.env.PATH}`,
				FILE: copy(path.join(root, 'cgi/completion', file),
					owner.dir) } });
		assert.equal(r.stderr, '', shell);
		return r.stdout.split('\n').filter(Boolean).sort();
	};

	try {
		const { status } = await owner.chat('hello');
		assert.equal(status, 200);
		const [{ id }] = owner.json(['requests']);
		// Rows have the name that a client gave; a terminal would obey these.
		for (const model of ['kimi-nonsense', 'kimi-\u009b2Jb', 'kimi-\u202eb', 'kimi-\x1bb'])
			await owner.chat('hello', { model });
		for (const shell of Object.keys(shells))
			await t.test(`of ${shell}`, { skip: !isThere(shell) }, () => {
				const offers = (line, ...wanted) => assert.deepEqual(
					offered(shell, line), wanted, `${shell}: ${line}`);
				offers('kimi-proxy reque', 'request', 'requests');
				offers('kimi-proxy config ', 'check', 'show');
				offers('kimi-proxy config ch', 'check');
				offers('kimi-proxy requests --fa', '--failed');
				offers('kimi-proxy requests --json --fo', '--follow');
				offers('kimi-proxy requests --color ', 'always', 'auto',
					'never');
				offers('kimi-proxy requests --model kimi-', 'kimi-k2.6',
					'kimi-k2.7-code', 'kimi-k2.7-code-highspeed', 'kimi-k3',
					'kimi-k3.1-pro', 'kimi-k3.1-pro-highspeed');
				offers(`kimi-proxy request show ${id.slice(0, -3)}`, id);
				offers('kimi-proxy --color never vers', 'version');
				offers('kimi-proxy key rm --with', '--with-data');
				offers('kimi-proxy help reque', 'request', 'requests');
				offers('kimi-proxy help config ', 'check', 'show');
			});
	} finally {
		await owner.stop();
	}
});

test('completion makes nothing and says nothing when something is wrong',
	async () => {
		const owner = await startOwner('completion');
		await owner.stop();
		const complete = (...words) => owner.run(['__complete', ...words]);
		const nothing = { status: 0, out: '', err: '' };
		assert.deepEqual(complete('requests', '--model', ''), nothing);
		assert.deepEqual(complete('requests', '--config', '/none', '--key',
			''), nothing);
		assert.deepEqual(complete('nonsense', ''), nothing);
		assert.deepEqual(spawnSync('ls', [owner.dir], { encoding: 'utf8' })
			.stdout.split('\n').filter((n) => /kimi\.(db|log)/.test(n)), []);
	});
