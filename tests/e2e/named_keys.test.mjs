// SPDX-License-Identifier: MIT
// API keys by the command: what it prints and refuses, and what requests with
// those keys get at once.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { KEY, startOwner } from './lib/command.mjs';

const SECRET = /^kp-[\w-]{49}\n$/;
const DONE = 0, USAGE = 2, MISSING = 3;

test('named keys', async (t) => {
	const owner = await startOwner('named_keys');
	const check = (title, fn) => t.test(title, fn);
	const done = (...argv) => {
		const r = owner.run(argv);
		assert.equal(r.status, DONE, r.err);
		return r.out;
	};
	const refused = (status, words, ...argv) => {
		const r = owner.run(argv);
		assert.equal(r.status, status, `${argv}: ${r.out}${r.err}`);
		assert.equal(r.out, '');
		assert.match(r.err, words);
	};
	const ask = (key, model = 'kimi-k3') => owner.serve(
		'/v1/chat/completions', JSON.stringify({ model, messages:
			[{ role: 'user', content: 'a word of mine' }] }),
		{ HTTP_AUTHORIZATION: `Bearer ${key}` });
	const row = (name) => owner.json(['key', 'show', name]);
	let alice;

	try {
		await check('a secret is alone on standard output, once', async () => {
			const r = owner.run(['key', 'add', 'alice']);
			assert.match(r.out, SECRET);
			assert.match(r.err, /only time that the secret is shown/);
			alice = r.out.trim();
			for (const more of [['key', 'list'], ['key', 'show', 'alice'],
				['key', 'list', '--json']])
				assert.ok(!done(...more).includes(alice));
			for (const file of fs.readdirSync(owner.dir))
				assert.ok(!fs.readFileSync(`${owner.dir}/${file}`)
					.includes(alice), file);
		});

		await check('the next request can come with it', async () => {
			assert.equal((await ask(alice)).status, 200);
			assert.ok(Date.parse(row('alice').last_used_at)
				> Date.now() - 60000);
			assert.match((await ask(`${alice.slice(0, -1)}!`)).text,
				/mistyped/);
		});

		await check('what makes no sense is refused', () => {
			refused(USAGE, /already/, 'key', 'add', 'alice');
			refused(USAGE, /cannot be called/, 'key', 'add', 'key_1');
			refused(USAGE, /whole number/, 'key', 'add', 'b', '--rpm', '0');
			for (const budget of ['5', '5USD', '5/day', '5EUR/day', '-5USD/day',
				'5USD/hour', '5USD/days', '1.5tokens/day', '.5USD/day',
				'1.USD/day', '1.0123456789USD/day', '99999999999USD/day'])
				refused(USAGE, /--budget/, 'key', 'add', 'b', `--budget=${
					budget}`);
			refused(USAGE, /two --budget/, 'key', 'add', 'b',
				'--budget=1USD/day', '--budget=2USD/day');
			refused(USAGE, /one currency/, 'key', 'add', 'b',
				'--budget=1USD/day', '--budget=2CNY/month');
			for (const time of ['soon', '2020-01-01', '0s'])
				refused(USAGE, /--expires/, 'key', 'add', 'b',
					`--expires=${time}`);
			refused(MISSING, /no API key 'b'/, 'key', 'show', 'b');
		});

		await check('limits are set, shown and removed', () => {
			done('key', 'set', 'alice', '--models', 'kimi-k3,kimi-k2*',
				'--rpm=60', '--space=0', '--on-disconnect=finish', '--admin=yes',
				'--budget=1.5USD/month', '--budget', '100000tokens/day',
				'--budget=20000000000tokens/total',
				'--expires=2099-01-02T03:04:05Z');
			const k = row('alice');
			assert.equal(k.models, 'kimi-k3,kimi-k2*');
			assert.equal(k.requests_per_minute, 60);
			assert.equal(k.space, 0);
			assert.equal(k.on_disconnect, 'finish');
			assert.equal(k.admin, true);
			assert.equal(k.expires_at, '2099-01-02T03:04:05.000Z');
			assert.deepEqual(k.budgets.map((b) => b.tokens),
				[100000, null, 20000000000]);
			done('key', 'set', 'alice', '--models=none', '--rpm=none',
				'--space=none', '--on-disconnect=none', '--admin=no',
				'--budget=none', '--expires=none');
			const none = row('alice');
			for (const what of ['models', 'requests_per_minute', 'space',
				'on_disconnect', 'expires_at'])
				assert.equal(none[what], null, what);
			assert.equal(none.admin, false);
			assert.deepEqual(none.budgets, []);
		});

		await check('keys of the settings have names and limits, too',
			async () => {
				const label = owner.json(['key', 'list'])
					.find((k) => k.origin === 'settings').secret;
				done('key', 'set', label, '--name', 'old', '--models', 'k2');
				assert.equal((await ask(KEY)).status, 403);
				done('key', 'set', 'old', '--models', 'none');
				assert.equal((await ask(KEY)).status, 200);
				done('key', 'block', 'old');
				assert.equal((await ask(KEY)).status, 401);
				done('key', 'unblock', 'old');
				assert.equal((await ask(KEY)).status, 200);
				refused(USAGE, /nothing to change/, 'key', 'set', 'old');
				refused(USAGE, /DEFAULT_AUTHKEYS/, 'key', 'rotate', 'old');
				refused(USAGE, /DEFAULT_AUTHKEYS/, 'key', 'delete', 'old',
					'--yes');
			});

		await check('a key is deleted with all its data', async () => {
			const { id } = row('alice');
			await owner.serve('/c/of-alice/v1/chat/completions', JSON.stringify(
				{ model: 'kimi-k3', messages: [{ role: 'user',
					content: 'a secret wish' }] }),
			{ HTTP_AUTHORIZATION: `Bearer ${alice}` });
			refused(USAGE, /--yes/, 'key', 'delete', 'alice');
			done('key', 'delete', 'alice', '--with-data', '--yes');
			assert.equal((await ask(alice)).status, 401);
			assert.ok(!fs.readFileSync(owner.db).includes('a secret wish'));
			assert.equal(row(id).state, 'deleted');
			assert.ok(!owner.json(['key', 'list']).some((k) => k.id === id));
			const used = owner.json(['usage', '--by', 'key']);
			assert.equal(used.find((u) => u.key === 'alice').requests, 2);
			assert.match(done('key', 'add', 'alice'), SECRET);
		});
	} finally {
		await owner.stop();
	}
});
