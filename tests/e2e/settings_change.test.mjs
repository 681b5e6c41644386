// SPDX-License-Identifier: MIT
// A changed kimi.conf holds for the next requests, whoever starts the program;
// what runs goes on.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { until } from './lib/process.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

for (const name of ['apache_mod_fcgid', 'lighttpd_fastcgi', 'nginx'])
	withSite(`changed settings, ${name}`, name, {}, async (check, site) => {
		const ask = (key) => chat(site, say('hello'), { key });
		const become = (status, key) => until(`${key} gets ${status}`,
			async () => (await ask(key)).status === status);

		await check('new keys hold at once, and streams go on', async () => {
			const s = stream(site, say(scene({ chunks: 12, gate: name,
				reasoning: '', answer: 'word '.repeat(12).trim() })));
			await s.content(1);
			site.configure({ DEFAULT_AUTHKEYS: 'sk-test,sk-new' });
			await become(200, 'sk-new');
			await become(401, 'sk-other');
			await site.fake.open(name, 12);
			assert.equal((await finished(s)).contents.length, 12);
		});

		await check('a broken file keeps the old ones, until it is mended',
			async () => {
				const marks = site.marks();
				site.configure({ DEFAULT_AUTHKEYS: 'sk-last',
					KIMI_QUEUE: 'soon' });
				await until('that is logged', async () => {
					answerOf(await ask('sk-test'));
					return /stays in use/.test(site.logs(marks));
				});
				site.configure({ DEFAULT_AUTHKEYS: 'sk-test,sk-last' });
				await become(200, 'sk-last');
			});

		await check('a log that was moved away is begun anew', async () => {
			const file = `${site.dir}/kimi.log`;
			fs.renameSync(file, `${file}.1`);
			await until('there is another', async () => {
				answerOf(await ask('sk-test'));
				return fs.existsSync(file)
					&& / request POST /.test(fs.readFileSync(file, 'utf8'));
			});
		});
	});
