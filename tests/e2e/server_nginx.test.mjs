// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { call } from './lib/http.mjs';
import { errorOf, serverTests, withSite } from './lib/suite.mjs';

serverTests('nginx');

withSite('nginx document root', 'nginx', {}, async (check, site) => {
	await check('a database in it is refused, for these requests only',
		async () => {
			for (let i = 0; i < 2; i++) {
				const e = errorOf(await call(site, '/rooted/v1/models'),
					503);
				assert.match(e.message, /document root.*KIMI_DB/);
				assert.equal((await call(site, '/v1/models')).status,
					200);
			}
		});
});
