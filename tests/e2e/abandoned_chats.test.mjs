// SPDX-License-Identifier: MIT
// Chats at Kimi web that no conversation goes on in: they are deleted once the
// client has its answer, few calls delete many, and what a process leaves is
// deleted by the next one.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { inTime, retryIfLate, sleep, until } from './lib/process.mjs';
import { chat, say, scene, stream } from './lib/http.mjs';
import { fingerprint } from './lib/kimi.mjs';
import { webKey } from './lib/web.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

const OWN = 'web:refresh-of-the-test';
const settings = { KIMI_WEB_PROTOCOL: 'auto', KIMI_TOKENS: OWN };
const ROUTES = ['delete', 'delete_batch', 'chat_delete'];

// What all checks need of a site; they run one after the other.
function helpers(site) {
	const { fake } = site;
	const chats = async () => (await fake.stats()).chats.length;
	const notes = () => site.query('SELECT * FROM abandoned_chats');
	const deletions = async () => (await fake.requests())
		.filter((r) => ROUTES.includes(r.route));
	const hello = async (key) =>
		answerOf(await chat(site, say('hello'), { key }));
	const noneLeft = () => until('no chat and no note is left', async () =>
		await chats() === 0 && (await notes()).length === 0);
	return {
		chats, notes, deletions,
		// Whatever calls delete next, so many of each kind.
		meanwhile: (scene, times) => fake.scenes(ROUTES.map((route) =>
			({ match: { route }, times, scene }))),
		// The next chat that is deleted alone stays there.
		holdOne: async (key) => {
			await fake.scenes({ match: { route: 'delete' }, times: 1,
				scene: { hold: 'never' } });
			await hello(key);
			await until('it is being deleted', async () =>
				(await deletions()).length > 0);
			assert.equal(await chats(), 1);
		},
		hello,
		noneLeft,
		// Nor a rule or a record.
		atRest: async () => {
			await noneLeft();
			await fake.reset();
		},
		hold: async (gate, key) => {
			const s = stream(site, say(scene({ gate, answer: 'a b c',
				chunks: 3, reasoning: '' })), { key });
			await s.content(1);
			return s;
		},
		// A killed program is started again, at the latest by this.
		crash: async () => {
			await site.crash();
			await until('the server serves on', site.healthy);
		},
	};
}

for (const name of ['lighttpd_fastcgi', 'apache_mod_fcgid', 'nginx',
	'lighttpd_cgi', 'apache_cgi'])
	withSite(`abandoned chats, ${name.replaceAll('_', ' ')}`, name,
		{ settings }, async (check, site) => {
			const { fake } = site;
			const isCgi = site.mount.program === 'kimi.cgi';
			const h = helpers(site);

			await check('the answer is whole before its chat is deleted',
				wholeBefore);
			await check('a chat of a process killed before the deletion',
				killedAfter);
			await check('... and of one killed in mid-stream', killedIn);
			await check('... and of one killed in a conversation',
				killedInConversation);

			// Its deletion does not end before the gate opens. A connection
			// that the server keeps is free for the next client meanwhile.
			async function wholeBefore() {
				await h.meanwhile({ hold: 'deletion' }, 2);
				const s = await finished(stream(site, say('hello'), {}));
				assert.equal(s.ended, 'end');
				await h.hello();
				assert.equal(await h.chats(), 2);
				await until('one is being deleted', async () =>
					(await h.deletions()).length > 0);
				await fake.open('deletion', 2);
				await h.atRest();
			}

			async function killedAfter() {
				await h.holdOne();
				await h.crash();
				if (isCgi)
					await h.hello();
				await h.atRest();
			}

			async function killedIn() {
				const s = await h.hold('never');
				await until('it is noted', async () =>
					(await h.notes()).length === 1);
				assert.equal(await h.chats(), 1);
				await h.crash();
				await s.done;
				if (isCgi)
					await h.hello();
				await h.atRest();
			}

			// Its chat is not continued, so it goes with the next turn. The
			// one of that turn stays, whatever happens.
			async function killedInConversation() {
				const path = '/v1/chat/completions/mine';
				const turn = (text) => chat(site, say(text), { path });
				answerOf(await turn('one'));
				const s = stream(site, say(scene({ gate: 'never',
					answer: 'a b c', chunks: 3, reasoning: '' })), { path });
				await s.content(1);
				await h.crash();
				await s.done;
				answerOf(await turn('two'));
				await until('the chat of before is gone', async () =>
					await h.chats() === 1 && (await h.notes()).length === 0);
				await h.crash();
				await h.hello();
				await until('only the last one is left', async () =>
					await h.chats() === 1 && (await h.notes()).length === 0);
				answerOf(await turn('three'));
				assert.equal((await fake.stats()).requests['web.chat_create']
					?? 0, 0);
				assert.equal(await h.chats(), 1);
			}
		});

withSite('abandoned chats, later', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const { fake } = site;
		const h = helpers(site);
		const later = (more = '') => site.query(
			`UPDATE abandoned_chats SET due_at = 0 ${more}`);
		const tries = (n) => until(`${n} tries have failed`, async () =>
			(await h.notes()).every((r) => r.tries === n && r.owner === null)
				&& (await h.notes()).length === 1);

		await check('that of a later choice is noted at once', choices);
		await check('many are deleted by few calls', batches);
		await check('the legacy protocol deletes one by one', legacy);
		await check('what fails is tried again, a few times', fails);
		await check('a database that is locked for long learns of it', locked);
		await check('a program that ends deletes what is left', ends);
		await check('... but does not wait for long', endsInTime);
		await check('a stranger\'s chat waits for its credential', stranger);
		await check('... as does one of a credential that was removed',
			removed);
		await check('what is too old is forgotten', old);
		await check('a conversation that is deleted takes its chat along',
			conversation);

		// The last one is made after the row of the request was opened.
		async function choices() {
			await retryIfLate(async () => {
				const gated = { gate: 'never', answer: 'a b c', chunks: 3,
					reasoning: '' };
				await fake.scenes([{}, {}, { delay_ms: 1500 }].map((more) => ({
					match: { prompt: 'choices' }, times: 1,
					scene: { ...gated, ...more } })));
				const s = stream(site, say('choices', { n: 3 }));
				await until('all have begun', () => new Set(s.contents.map(
					(e) => e.chunk.choices[0].index)).size === 3);
				const made = Date.now();
				await until('all are noted', async () =>
					(await h.notes()).length === 3);
				const ms = Date.now() - made;
				s.leave();
				await s.done;
				await h.atRest();
				inTime(ms < 1000, `${ms} ms`);
			});
		}

		async function batches() {
			await Promise.all(Array.from({ length: 120 }, () => h.hello()));
			await h.noneLeft();
			const calls = await h.deletions();
			const sizes = calls.map((r) => r.body.chat_ids?.length ?? 1);
			assert.equal(sizes.reduce((sum, n) => sum + n, 0), 120);
			assert.ok(Math.max(...sizes) <= 50, `${sizes}`);
			assert.ok(Math.max(...sizes) > 1, `${sizes}`);
			assert.ok(calls.length <= 40, `${sizes}`);
			await h.atRest();
		}

		async function legacy() {
			site.configure({ ...settings, KIMI_WEB_PROTOCOL: 'legacy' });
			await site.restart();
			for (let i = 0; i < 3; i++)
				await h.hello();
			await h.noneLeft();
			assert.deepEqual((await h.deletions()).map((r) => r.route),
				Array(3).fill('chat_delete'));
			await h.atRest();
			site.configure(settings);
			await site.restart();
		}

		async function fails() {
			await h.meanwhile({ drop: true }, -1);
			await h.hello();
			await tries(1);
			for (let n = 2; n <= 4; n++) {
				await later();
				await h.hello();
				await until(`the ${n}th try failed`, async () =>
					(await h.notes()).some((r) => r.tries === n));
				await site.query(`DELETE FROM abandoned_chats
					WHERE tries < ${n}`);
			}
			await later();
			await h.hello();
			await until('it is given up', async () =>
				(await h.notes()).every((r) => r.tries === 1));
			await fake.reset();
			await later();
			await h.hello();
			await until('no note is left', async () =>
				(await h.notes()).length === 0);
		}

		// For longer than most wait for it.
		async function locked() {
			await fake.reset();
			await h.meanwhile({ hold: 'deletion' }, 1);
			await h.hello();
			await until('it is being deleted', async () =>
				(await h.deletions()).length > 0);
			const shell = execFile('sqlite3', [site.db]);
			shell.stdin.write('BEGIN IMMEDIATE; SELECT \'held\';\n');
			await new Promise((resolve) =>
				shell.stdout.once('data', resolve));
			await fake.open('deletion');
			await sleep(6000);
			assert.equal(await h.chats(), 0);
			assert.equal((await h.notes()).length, 1);
			shell.stdin.end();
			await h.atRest();
		}

		async function ends() {
			await fake.reset();
			await h.hello();
			await site.stopServer();
			assert.equal(await h.chats(), 0);
			assert.deepEqual(await h.notes(), []);
			await site.startServer();
		}

		async function endsInTime() {
			await h.holdOne();
			await site.stopServer();
			assert.equal(await h.chats(), 1);
			assert.equal((await h.notes()).length, 1);
			await site.startServer();
			await later();
			await h.hello();
			await h.atRest();
		}

		async function stranger() {
			const key = webKey();
			await h.holdOne(key);
			await h.crash();
			await h.hello();
			await until('the own chat is gone', async () =>
				(await h.notes()).length === 1);
			assert.equal((await h.notes())[0].credential, fingerprint(key));
			assert.equal(await h.chats(), 1);
			await h.hello(key);
			await h.atRest();
		}

		async function removed() {
			await h.holdOne();
			site.configure({ ...settings,
				KIMI_TOKENS: 'web:another-refresh-token' });
			await h.crash();
			await h.hello();
			await until('the other chat is gone', async () =>
				(await h.notes()).length === 1);
			assert.equal((await h.notes())[0].credential, fingerprint(OWN));
			site.configure(settings);
			await h.crash();
			await h.atRest();
		}

		async function old() {
			await site.query(`INSERT INTO abandoned_chats (credential, chat,
				due_at, noted_at) VALUES ('nobody', 'c', 0, 0)`);
			await h.hello();
			await h.atRest();
		}

		async function conversation() {
			const path = '/v1/conversations';
			const made = await chat(site, {}, { path });
			const { id } = made.json;
			answerOfResponse(await chat(site, { model: 'k2', input: 'hello',
				conversation: id }, { path: '/v1/responses' }));
			assert.equal(await h.chats(), 1);
			await sleep(100);
			assert.deepEqual(await h.notes(), []);
			await chat(site, undefined, { path: `${path}/${id}`,
				method: 'DELETE' });
			await h.atRest();
		}
	});

const answerOfResponse = (r) => assert.equal(r.status, 200, r.text);
