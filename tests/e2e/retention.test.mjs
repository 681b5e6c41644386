// SPDX-License-Identifier: MIT
// What is too old or too much goes, and what is deleted is gone.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { until } from './lib/process.mjs';
import { call, chat, say, scene } from './lib/http.mjs';
import { answerOf, withSite } from './lib/suite.mjs';
import { MIB, retention } from '../torture/retention.mjs';

test('a large database becomes small by ordinary requests', async () => {
	const { figures, wrong } = await retention({ bytes: 40 * MIB,
		most: 20 * MIB, readsFor: 1000, requests: 5000 });
	assert.deepEqual(wrong, []);
	assert.ok(figures.before > 40 * MIB);
	assert.ok(figures.after < 23 * MIB, `it has ${figures.after} bytes`);
});

const inFiles = (site, text) => [site.db, `${site.db}-wal`].some((file) =>
	fs.existsSync(file) && fs.readFileSync(file).includes(text));

const age = (site, days) => site.query(`UPDATE requests SET started_at =
	started_at - ${days} * 86400000; UPDATE conversations SET updated_at =
	updated_at - ${days} * 86400000; UPDATE pruning SET due_at = 0`);

for (const name of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`retention, ${name.replace('_', ' ')}`, name,
		{ settings: { KIMI_KEEP_DAYS: 30 } }, async (check, site) => {
			const ask = (answer, path) => chat(site, say(scene({ answer,
				reasoning: '' }), { model: 'kimi-k3' }), { path });

			await check('a reply that was not stored is deleted by its ID',
				async () => {
					const r = await ask('an old canary');
					const path = `/v1/chat/completions/${r.json.id}`;
					answerOf(r);
					assert.ok(inFiles(site, 'an old canary'));
					const gone = await call(site, path, { method: 'DELETE' });
					assert.equal(gone.status, 200, gone.text);
					assert.equal(gone.json.deleted, true);
					assert.ok(!inFiles(site, 'an old canary'));
					assert.equal((await call(site, path,
						{ method: 'DELETE' })).status, 404);
					assert.equal((await site.row(
						r.headers['x-request-id'])).status, 'done');
				});

			await check('what is older than KIMI_KEEP_DAYS goes after requests',
				async () => {
					answerOf(await ask('an old reply'));
					answerOf(await ask('an old turn',
						'/v1/chat/completions/talk'));
					await age(site, 31);
					if (site.daemon || site.mount.program === 'kimi.fcgi')
						await site.restart();
					await until('the old texts are gone', async () => {
						answerOf(await ask('a new reply'));
						return !inFiles(site, 'an old reply')
							&& !inFiles(site, 'an old turn');
					});
					assert.ok(inFiles(site, 'a new reply'));
					const [rows] = await site.query(`SELECT count(*) AS n
						FROM requests WHERE started_at < (unixepoch()
						- 30 * 86400) * 1000`);
					assert.equal(rows.n, 3);
					assert.equal((await call(site,
						'/v1/chat/completions/talk')).status, 404);
				});
		});
