// SPDX-License-Identifier: MIT
// The official openai package as a client, the newest version and one major
// version back: every method that has a route here. Each body and event is
// held against its shape.
// Needs Node 22: openai 7 does not support older ones.

import assert from 'node:assert/strict';
import { withSite } from './lib/suite.mjs';
import { chatChecks } from './lib/sdk_chat.mjs';
import { responseChecks } from './lib/sdk_responses.mjs';
import { Tee } from './lib/tee.mjs';

const versions = { 'openai 6': await import('openai'),
	'openai 7': await import('openai-7') };

withSite('openai SDK', 'lighttpd_fastcgi', {}, async (check, site) => {
	for (const [name, { default: OpenAI, toFile }] of
		Object.entries(versions)) {
		const tee = new Tee();
		const client = (options) => new OpenAI({ apiKey: 'sk-test',
			baseURL: `http://127.0.0.1:${site.port}/v1`, maxRetries: 0,
			fetch: tee.fetch, ...options });
		const sdk = { site, client, openai: client(), OpenAI, toFile,
			word: name.replace(' ', '') };
		await Promise.all([...chatChecks(sdk), ...responseChecks(sdk)]
			.map(([what, fn]) => check(`${name} ${what}`, fn)));
		await check(`${name} got nothing but what the reference describes`,
			() => tee.check());
		await check(`${name} was answered on every route`, () =>
			assert.deepEqual(tee.missed(), []));
	}
});
