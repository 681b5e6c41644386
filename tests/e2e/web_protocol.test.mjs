// SPDX-License-Identifier: MIT
// Which of Kimi web's two protocols is spoken, and to which host.

import assert from 'node:assert/strict';
import { startFake } from './lib/fake.mjs';
import { folder, until } from './lib/process.mjs';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { sentWith } from './lib/kimi.mjs';
import { chatsOf, chatsWith, textOf, webKey } from './lib/web.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_WEB_PROTOCOL: 'auto' };

// A host that knows nobody, as far as settings of the fake make one.
const strange = { connect: 401, connect_refresh: 401, legacy: 401 };

// The checks come one after the other: what the fake can do is for all.
withSite('protocols of Kimi web', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const { fake } = site;
		const at = (session) => `/v1/chat/completions/${session}`;
		const legacyWith = (word) => sentWith(site, word);
		const set = async (members) => {
			site.configure({ ...settings, ...members });
			await site.restart();
		};
		const noChat = () => until('no chat is left', async () =>
			(await fake.stats()).chats.length === 0);
		const counts = async (of = fake) => (await of.stats()).requests;
		// How often each route was asked during `fn`; routes never asked
		// are not in it.
		const during = async (fn, of = fake) => {
			const before = await counts(of);
			await fn();
			return Object.fromEntries(Object.entries(await counts(of))
				.map(([k, n]) => [k, n - (before[k] || 0)])
				.filter(([k, n]) => n && /^(web|connect)\./.test(k)));
		};

		await check('auto uses the current protocol', auto);
		await check('auto falls back and remembers', falls);
		await check('... in a stream, and for features of one only',
			streams);
		await check('... but not when the host merely fails', fails);
		await check('... for a day', old);
		await check('... and reports when neither works', neither);
		await check('a conversation continues in the other protocol',
			moves);
		await check('current never falls back', current);
		await check('legacy uses nothing else', legacy);
		await check('the host that knows the account is used', hosts);
		await check('... with the protocol that it knows', hostOfOld);
		await check('... and hosts that are down are distinguished',
			hostDown);

		async function auto() {
			const seen = await during(async () => answerOf(await chat(site,
				say('auto-current'), { key: webKey() })));
			delete seen['connect.delete']; // perhaps not yet
			assert.deepEqual(seen, { 'connect.models': 1,
				'connect.refresh': 1, 'connect.chat': 1 });
			await noChat();
		}

		async function falls() {
			for (const status of [false, 405, 501]) {
				await fake.settings({ connect: status });
				const key = webKey('falls');
				const word = `falls-${status}.`;
				const seen = await during(async () => {
					assert.match(answerOf(await chat(site, say(word),
						{ key })), /You said: falls/);
				});
				assert.equal(seen['connect.chat'], 1);
				assert.equal(seen['web.completion'], 1);
				const again = await during(async () => {
					answerOf(await chat(site, say(word), { key }));
					await site.restart();
					answerOf(await chat(site, say(word), { key }));
				});
				assert.equal(again['web.completion'], 2);
				assert.deepEqual(Object.keys(again).filter((k) =>
					k.startsWith('connect.')), [], 'asked again');
			}
			await noChat();
			await fake.settings({ connect: true });
		}

		async function streams() {
			const key = webKey('list');
			const { json } = await call(site, '/v1/models', { key });
			assert.ok(json.data.some((m) => m.id === 'k3-agent'));
			await fake.settings({ connect: false });
			const s = await finished(stream(site, say(scene({ cut_bytes: 1,
				reasoning: 'Hm.', answer: 'streamed 你好' }, 'only-one.'),
			{ model: 'k3-agent' }), { key }));
			assert.equal(s.text, 'streamed 你好');
			const [sent] = await legacyWith('only-one.');
			assert.equal(sent.body.model, 'k1.5');
			await fake.settings({ connect: true });
		}

		async function fails() {
			for (const [status, told] of [[500, 502], [503, 503],
				[403, 403], [429, 429]]) {
				await fake.settings({ connect: status });
				const key = webKey('fails');
				const seen = await during(async () =>
					errorOf(await chat(site, say('fails'), { key }), told));
				assert.equal(seen['web.completion'], undefined);
				assert.equal(seen['web.chat_create'], undefined);
				await fake.settings({ connect: true });
				const other = await chat(site, say('fails'),
					{ key: webKey('fails') });
				assert.match(answerOf(other), /You said: fails/);
			}
		}

		async function old() {
			const key = webKey('old');
			await fake.settings({ connect: false });
			answerOf(await chat(site, say('old-note'), { key }));
			await fake.settings({ connect: true });
			let seen = await during(async () =>
				answerOf(await chat(site, say('old-note'), { key })));
			assert.equal(seen['connect.chat'], undefined);
			await site.query(`UPDATE credential_notes SET value = 'legacy '
				|| (CAST(substr(value, 8) AS INTEGER) - 86400000)
				WHERE name = 'protocol'`);
			seen = await during(async () =>
				answerOf(await chat(site, say('old-note'), { key })));
			assert.equal(seen['connect.chat'], 1);
			assert.equal(seen['web.completion'], undefined);
		}

		async function neither() {
			await fake.settings({ connect: false, legacy: false });
			const error = errorOf(await chat(site, say('neither'),
				{ key: webKey('neither') }), 502);
			assert.equal(error.code, 'upstream_error');
			await fake.settings({ connect: true, legacy: true });
		}

		async function moves() {
			const key = webKey('moves');
			const ask = async (word) => answerOf(await chat(site, say(word),
				{ key, path: at('moves') }));
			await ask('moves-one');
			await ask('moves-two');
			const [first] = await chatsWith(site, 'moves-one');
			assert.equal((await chatsOf(site, first)).length, 1);
			await fake.settings({ connect: false });
			assert.match(await ask('moves-three'),
				/moves-one[^]*moves-two[^]*moves-three/);
			assert.match(await ask('moves-four recall'),
				/moves-three.* \| moves-four recall$/s);
			const [three] = await legacyWith('moves-three');
			const [four] = await legacyWith('moves-four');
			assert.equal(four.path, three.path);
			assert.equal(four.body.messages[0].content, 'moves-four recall');
			// Back again, with the server's setting.
			await fake.settings({ connect: true });
			await set({ KIMI_WEB_PROTOCOL: 'current' });
			assert.match(await ask('moves-five'), /moves-one[^]*moves-five/);
			const [five] = await chatsWith(site, 'moves-five');
			assert.equal(five.body.chat_id, undefined);
			await ask('moves-six');
			const [six] = await chatsWith(site, 'moves-six');
			assert.equal(textOf(six), 'moves-six');
			assert.ok((await chatsOf(site, six)).includes(six.body.chat_id));
			const id = /chat\/([^/]+)\//.exec(three.path)[1];
			await until('the legacy chat is deleted', async () =>
				!(await fake.stats()).chats.includes(id));
		}

		async function current() {
			await fake.settings({ connect: false });
			const seen = await during(async () => errorOf(await chat(site,
				say('never-back'), { key: webKey('never') }), 502));
			assert.deepEqual(Object.keys(seen).filter((k) =>
				k.startsWith('web.')), []);
			await fake.settings({ connect: true });
		}

		async function legacy() {
			await set({ KIMI_WEB_PROTOCOL: 'legacy' });
			const seen = await during(async () => {
				const key = webKey('legacy');
				answerOf(await chat(site, say('only-legacy'), { key }));
				answerOf(await chat(site, say('only-legacy',
					{ model: 'k1.5' }), { key }));
				await call(site, '/v1/models', { key });
			});
			assert.deepEqual(Object.keys(seen).filter((k) =>
				k.startsWith('connect.')), []);
			assert.equal(seen['web.refresh'], 1);
		}

		// A second host; the first knows no token.
		async function withTwo(first, fn) {
			const other = await startFake(folder('other'));
			try {
				await set({ KIMI_WEB_URL: `${fake.url},${other.url}` });
				await fake.settings(first);
				await fn(other);
			} finally {
				await fake.settings({ connect: true, legacy: true,
					connect_refresh: true });
				await other.stop();
			}
		}

		async function hosts() {
			await withTwo(strange, async (other) => {
				await fake.scenes({ match: { route: 'refresh' }, times: -1,
					scene: { status: 401 } });
				const key = webKey('hosts');
				const ask = async (word) => answerOf(await chat(site,
					say(word), { key, path: at('hosts') }));
				await ask('hosts-one');
				const seen = await during(() => ask('hosts-two'));
				assert.deepEqual(seen, {}, 'the stranger was asked again');
				await other.settings({ revoke_access: true });
				await site.restart();
				// A refused token may be the other host's; a refresh token
				// goes to the host that took it.
				const renewal = await during(() => ask('hosts-three'));
				assert.ok(!renewal['connect.refresh']
					&& !renewal['web.refresh'], 'to the stranger');
				const all = await other.asked('', 'chat');
				const [chat1] = (await other.stats()).chats;
				assert.deepEqual([...new Set(all.map((r) =>
					r.body.chat_id))], [undefined, chat1]);
				const bad = await chat(site, say('nobody'),
					{ key: 'web:bad-token-that-nobody-knows' });
				errorOf(bad, 401);
				await fake.reset();
			});
		}

		async function hostOfOld() {
			await withTwo(strange, async (other) => {
				await fake.scenes({ match: { route: 'refresh' }, times: -1,
					scene: { status: 401 } });
				await other.settings({ connect: false,
					connect_refresh: false });
				const key = webKey('old-host');
				const once = async () => answerOf(await chat(site,
					say('old-host'), { key }));
				await once();
				assert.deepEqual(await during(once), {});
				const seen = await during(once, other);
				assert.equal(seen['web.completion'], 1);
				assert.equal(seen['connect.chat'], undefined);
				await fake.reset();
			});
		}

		// A token that one host knows is not shown to the other only since
		// the first does not answer.
		async function hostDown() {
			await withTwo({}, async (other) => {
				const key = webKey('down');
				answerOf(await chat(site, say('down'), { key }));
				await fake.settings({ connect: 503 });
				const seen = await during(async () => errorOf(await chat(site,
					say('down'), { key }), 503), other);
				assert.deepEqual(seen, {});
			});
		}
	});
