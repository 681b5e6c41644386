// SPDX-License-Identifier: MIT
// POST /v1/chat/completions/{id}: the server stores the conversation.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { inTime, retryIfLate, root, sleep, until } from './lib/process.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_QUEUE: 1.5 };
const models = ['k2', 'kimi-k3'];

withSite('conversations', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const path = (id) => `/v1/chat/completions/${id}`;
		const turn = async (id, text, more, request) => answerOf(
			await chat(site, say(text, more), { path: path(id), ...request }));
		const recall = (id, more, request) => turn(id, 'recall', more, request);
		const completions = async (word) => (await site.fake.requests())
			.filter((r) => r.route === 'completion'
				&& JSON.stringify(r.body).includes(word));

		// A turn that has reached Kimi and gets its reply once the gate opens.
		const held = async (id, text) => {
			const reply = turn(id, scene({ hold: text }, text));
			await until('Kimi is asked', async () =>
				(await completions(text)).length > 0);
			return { reply, release: () => site.fake.open(text) };
		};

		await Promise.all([
			check('the client sends only new messages', onlyNew),
			check('the examples of both READMEs remember', readmes),
			check('all turns use one chat at Kimi', oneChat),
			check('streamed turns are stored too', streamed),
			check('a history sent again is not stored twice',
				prefix),
			check('a system message stays once it was given',
				system),
			check('two keys with the same id are two conversations', keys),
			check('conversation ids are validated and decoded',
				ids),
			check('a concurrent turn waits for the first one',
				waits),
			check('... but not forever: 409 conversation_locked',
				busy),
			check('a failed turn leaves the conversation as it was', failed),
			check('... and so does a turn whose client left',
				aborted),
			check('a model of the other service can take over',
				otherModel),
		]);
		await check('a chat that Kimi lost is rebuilt transparently',
			lost);
		await check('conversations survive a restart', restart);
		await check('a removed credential is replaced transparently',
			credentialGone);

		async function onlyNew() {
			for (const model of models) {
				const id = `new-${model}`;
				await turn(id, 'my name is Ann', { model });
				await turn(id, 'my cat is Tom', { model });
				const all = await recall(id, { model });
				assert.match(all, /my name is Ann/);
				assert.match(all, /my cat is Tom/);
			}
		}

		async function readmes() {
			for (const name of ['README.md', 'README.zh-CN.md']) {
				const text = fs.readFileSync(`${root}/${name}`, 'utf8');
				const [, demo] = text.split('/completions/my-first\n');
				const [mine, question] = Array.from(
					demo.matchAll(/"content":"([^"]+)"/g), (m) => m[1]);
				await turn(name, mine);
				assert.equal(await turn(name, question),
					`I remember: ${mine} | ${question}`);
			}
		}

		async function oneChat() {
			await turn('one-chat', 'one-chat-1');
			await turn('one-chat', 'one-chat-2');
			await turn('one-chat', 'one-chat-3');
			const sent = await completions('one-chat-');
			assert.equal(new Set(sent.map((r) => r.path)).size, 1);
			assert.deepEqual(sent.map((r) => r.body.messages[0].content),
				['one-chat-1', 'one-chat-2', 'one-chat-3']);
			const id = /chat\/([^/]+)\//.exec(sent[0].path)[1];
			assert.ok((await site.fake.stats()).chats.includes(id));
		}

		async function streamed() {
			for (const model of models) {
				const s = stream(site, say('my ship is Ra', { model }),
					{ path: path(`streamed-${model}`) });
				await finished(s);
				assert.match(await recall(`streamed-${model}`, { model }),
					/my ship is Ra/);
			}
		}

		async function prefix() {
			for (const model of models) {
				const id = `prefix-${model}`;
				const a = await turn(id, `prefix-a-${model}`, { model });
				const history = [
					{ role: 'user', content: `prefix-a-${model}` },
					{ role: 'assistant', content: a },
					{ role: 'user', content: `prefix-b-${model}` }];
				const b = answerOf(await chat(site, { model,
					messages: history }, { path: path(id) }));
				history.push({ role: 'assistant', content: b },
					{ role: 'user', content: `recall` });
				const all = answerOf(await chat(site, { model,
					messages: history }, { path: path(id) }));
				for (const word of ['a', 'b'])
					assert.equal(all.split(`prefix-${word}-${model}`)
						.length, 2, all);
			}
			const [web] = await completions('prefix-b-k2');
			assert.equal(web.body.messages[0].content, 'prefix-b-k2');
			const [plain] = await completions('prefix-b-kimi-k3');
			assert.equal(plain.body.messages.length, 3);
		}

		async function system() {
			await chat(site, { model: 'kimi-k3', messages: [
				{ role: 'system', content: 'system-stays' },
				{ role: 'user', content: 'system-one' }] },
			{ path: path('system') });
			await turn('system', 'system-two', { model: 'kimi-k3' });
			const [sent] = await completions('system-two');
			assert.deepEqual(sent.body.messages.map((m) => m.role),
				['system', 'user', 'assistant', 'user']);
		}

		async function keys() {
			const other = { key: 'sk-other' };
			await turn('shared-id', 'secret of the first');
			await turn('shared-id', 'secret of the second', {}, other);
			assert.doesNotMatch(await recall('shared-id'), /second/);
			assert.doesNotMatch(await recall('shared-id', {}, other),
				/first/);
		}

		async function ids() {
			const long = 'x'.repeat(128);
			await turn(long, 'long id');
			assert.match(await recall(long), /long id/);
			await turn('dot.dash-under_1~', 'odd id');
			await turn('with%2Ddash', 'decoded id');
			assert.match(await recall('with-dash'), /decoded id/);
			for (const bad of ['x'.repeat(129), 'a%0Ab', 'a%00b', '%zz']) {
				const r = await chat(site, say('x'), { path: path(bad) });
				assert.equal(r.status, 400, `${bad}: ${r.text}`);
			}
		}

		async function waits() {
			const first = await held('waits', 'turn-1');
			const second = recall('waits');
			await sleep(500);
			await first.release();
			await first.reply;
			assert.match(await second, /turn-1/);
		}

		async function busy() {
			const first = await held('busy', 'busy-1');
			await retryIfLate(async () => {
				const r = await chat(site, say('busy-2'),
					{ path: path('busy') });
				assert.equal(errorOf(r, 409).code, 'conversation_locked');
				assert.ok(r.ms > 1200, `${r.ms} ms`);
				inTime(r.ms < 3200, `${r.ms} ms`);
			});
			await first.release();
			await first.reply;
			assert.doesNotMatch(await recall('busy'), /busy-2/);
		}

		async function failed() {
			const errors = { k2: { error_type: 'openai.completion.stream',
				message: 'tired' },
			'kimi-k3': { type: 'server_error', message: 'oops' } };
			for (const model of models) {
				const id = `failed-${model}`;
				await turn(id, 'before it', { model });
				const s = stream(site, say(scene({ error_after: 1,
					error: errors[model] }, 'the failing turn'),
				{ model }), { path: path(id) });
				await s.done;
				assert.ok(s.error, s.raw);
				const row = await site.row(s.headers['x-request-id']);
				assert.equal(row.status, 'failed');
				await turn(id, 'after it', { model },
					{ key: 'sk-test' });
				const all = await recall(id, { model });
				assert.match(all, /before it/);
				assert.match(all, /after it/);
				assert.doesNotMatch(all, /failing turn/);
			}
		}

		async function aborted() {
			for (const model of models) {
				const id = `aborted-${model}`;
				await turn(id, 'before it', { model });
				const s = stream(site, say(scene({ reasoning: '',
					answer: 'one two', chunks: 2,
					chunk_ms: 9000 }, 'the aborted turn'),
				{ model }), { path: path(id) });
				await s.content(1);
				s.leave();
				await site.row(s.headers['x-request-id']);
				const all = await recall(id, { model });
				assert.match(all, /before it/);
				assert.doesNotMatch(all, /aborted turn/);
			}
		}

		async function otherModel() {
			await turn('moves', 'said to the web', { model: 'k2' });
			assert.match(await recall('moves', { model: 'kimi-k3' }),
				/said to the web/);
			await turn('moves', 'said to the platform',
				{ model: 'kimi-k3' });
			const all = await recall('moves', { model: 'k2' });
			assert.match(all, /said to the web/);
			assert.match(all, /said to the platform/);
		}

		async function lost() {
			await turn('lost', 'kept on our side');
			await site.fake.settings({ forget_chats: true });
			assert.match(await recall('lost'), /kept on our side/);
			await turn('lost', 'and goes on');
			assert.match(await recall('lost'), /and goes on/);
		}

		async function restart() {
			for (const model of models)
				await turn(`restart-${model}`, 'before the restart',
					{ model });
			await site.restart();
			for (const model of models)
				assert.match(await recall(`restart-${model}`, { model }),
					/before the restart/);
			await turn('restart-k2', 'restart-same-chat');
			const [sent] = await completions('restart-same-chat');
			const chats = (await completions('before the restart'))
				.map((r) => r.path);
			assert.ok(chats.includes(sent.path));
		}

		async function credentialGone() {
			await turn('moved', 'on the old account');
			site.configure({ ...settings, KIMI_TOKENS:
				'web:refresh-of-a-new-account,sk-of-a-new-account' });
			await site.restart();
			assert.match(await recall('moved'), /on the old account/);
			await until('the new account was used', async () =>
				(await site.fake.asked('refresh-of-a-new-account')).length);
		}
	});
