// SPDX-License-Identifier: MIT
// The owner adds credentials, signs in, checks, pauses and removes them while
// the programs run, which notice it with their next request.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { chat, say, scene, stream } from './lib/http.mjs';
import { programOf } from './lib/command.mjs';
import { put, runAs, until } from './lib/process.mjs';
import { answerOf, errorOf, finished, withSite } from './lib/suite.mjs';

const DONE = 0, FAILED = 1, USAGE = 2, MISSING = 3, WRONG = 4;
const settings = { KIMI_TOKENS: null, KIMI_WEB_PROTOCOL: 'auto',
	KIMI_CODE_CLIENT_ID: 'client-of-the-test' };
let serial = 0;
const platformKey = (word = 'own') =>
	`sk-${word}-key-of-the-owner-${++serial}`;

// A run of the command that goes on: `out` is what it has printed.
function begin(site, argv, { terminal = false } = {}) {
	const all = [programOf(site), ...argv, '--config',
		path.join(site.kimi, 'kimi.conf')];
	const [file, ...rest] = terminal
		? ['script', '-qec', all.join(' '), '/dev/null'] : all;
	const child = spawn(file, rest, { cwd: '/', ...runAs, env: {
		PATH: process.env.PATH, LC_ALL: 'C.UTF-8',
		ASAN_OPTIONS: process.env.ASAN_OPTIONS || '' } });
	const run = { child, out: '', err: '' };
	child.stdout.on('data', (d) => run.out += d);
	child.stderr.on('data', (d) => run.err += d);
	child.stdin.on('error', () => {}); // it may end before it has read all
	run.ended = new Promise((resolve) => child.on('close', (status) =>
		resolve({ status, out: run.out, err: run.err })));
	return run;
}

async function command(site, argv, status = DONE, input = '') {
	const run = begin(site, argv);
	run.child.stdin.end(input);
	const r = await run.ended;
	assert.equal(r.status, status, r.out + r.err);
	return r;
}

const json = async (site, argv, status = DONE) =>
	JSON.parse((await command(site, [...argv, '--json'], status)).out);
const add = (site, secret, name, service = 'platform', status = DONE) =>
	command(site, ['credential', 'add', service, '--name', name], status,
		`${secret}\n`);
const remove = (site, name) =>
	command(site, ['credential', 'remove', name, '--yes']);
const hello = (text = 'hello', model = 'kimi-k3') => say(text, { model });
const lastToken = async (site) => (await site.fake.requests())
	.filter((r) => r.route === 'completion').at(-1).token;

const commandLines = () => fs.readdirSync('/proc').filter((d) => /^\d+$/.test(d))
	.map((pid) => {
		try {
			return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
		} catch {
			return '';
		}
	});

for (const server of ['lighttpd_fastcgi', 'lighttpd_cgi'])
	withSite(`credentials change without a restart, ${server}`, server,
		{ settings }, async (check, site) => {
			const programs = server === 'lighttpd_fastcgi'
				? site.programs() : [];
			const secret = platformKey();

			await check('without any there is none', async () => {
				const e = errorOf(await chat(site, hello()), 503);
				assert.match(e.message, /kimi-proxy credential add/);
			});
			await check('an added one serves the next request', async () => {
				await add(site, secret, 'first');
				answerOf(await chat(site, hello()));
				assert.equal(await lastToken(site), secret);
			});
			await check('a paused one serves none, until it is resumed',
				async () => {
					await command(site, ['credential', 'pause', 'first']);
					const e = errorOf(await chat(site, hello()), 503);
					assert.match(e.message, /are paused/);
					await command(site, ['credential', 'resume', 'first']);
					answerOf(await chat(site, hello()));
				});
			await check('what runs with a removed one ends normally', async () => {
				const s = stream(site, hello(scene({ hold: 'removed' },
					'goes on')));
				await until('it is asked', async () => (await site.fake.stats())
					.streams_open === 1);
				await remove(site, 'first');
				errorOf(await chat(site, hello()), 503);
				await site.fake.open('removed');
				await finished(s);
				assert.match(s.text, /goes on/);
				const [left] = await site.query(`SELECT
					(SELECT count(*) FROM credentials) AS credentials,
					(SELECT count(*) FROM model_lists) AS lists,
					(SELECT count(*) FROM slots) AS slots`);
				assert.deepEqual({ ...left }, { credentials: 0, lists: 0,
					slots: 0 });
			});
			await check('nobody was started anew', () => {
				if (programs.length > 0)
					assert.deepEqual(site.programs(), programs);
			});
			await check('the secret is nowhere in clear text', () => {
				const texts = [site.db, `${site.db}-wal`,
					path.join(site.dir, 'kimi.log')]
					.filter((file) => fs.existsSync(file))
					.map((file) => fs.readFileSync(file));
				assert.ok(texts.length > 1);
				for (const text of texts)
					assert.ok(!text.includes(secret));
			});
		});

withSite('the command for credentials', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		const key = path.join(site.kimi, 'kimi.key');
		const states = async () => Object.fromEntries(
			(await json(site, ['credential', 'list'])).credentials
				.map((c) => [c.credential, c.state]));

		await check('a secret is typed unseen', typed);
		await check('... or read from a file, and is in no command line',
			fromFile);
		await check('what cannot be one is refused', refused);
		await check('signing in waits for somebody to confirm', signIn);
		await check('nobody signs in for what cannot be added', inVain);
		await check('a code that expired is replaced', expired);
		await check('without a client id it says what is missing', noClient);
		await check('a check asks Kimi and says what to do', checked);
		await check('a token that Kimi refuses is renewed once', renewedOnce);
		await check('--call makes a request, --apply begins a cooldown',
			applied);
		await check('a cooldown ends when its credential is resumed', heldUp);
		await check('... of which no chat stays at Kimi web', chatGone);
		await check('what is left of accounts is kept', quotas);
		await check('one of the settings is paused, but not removed',
			ofSettings);
		await check('only a key file for its owner alone is used', keyFile);

		async function typed() {
			const secret = 'refresh-token-that-is-typed';
			const run = begin(site, ['credential', 'add', 'web', '--name',
				'typed'], { terminal: true });
			await until('it asks', () => run.out.includes('refresh_token: '));
			assert.match(run.out, /Local Storage/);
			run.child.stdin.write(`${secret}\n`);
			await until('it has read it', () => run.out.includes('Added'));
			run.child.stdin.end();
			const r = await run.ended;
			assert.equal(r.status, DONE, r.out);
			assert.ok(!r.out.includes(secret), r.out);
			assert.match(r.out, /A backup must hold .*kimi\.db and .*kimi\.key/);
			assert.match(r.out, /whether to copy refresh_token again/);
			answerOf(await chat(site, hello('hello', 'k2')));
			const [{ secret: sealed }] = await site.query(`SELECT hex(secret)
				AS secret FROM credentials WHERE name = 'typed'`);
			assert.ok(sealed.length > 2 * secret.length);
		}

		async function fromFile() {
			const secret = platformKey();
			const file = put(site.dir, 'secret.txt', `  ${secret}\n\n`, 0o644);
			await command(site, ['credential', 'add', 'platform', '--file',
				file, '--name', 'filed']);
			answerOf(await chat(site, hello()));
			assert.equal(await lastToken(site), secret);
			const run = begin(site, ['credential', 'add', 'platform']);
			const other = platformKey();
			run.child.stdin.write(other);
			assert.ok(commandLines().some((l) => l.includes('credential')));
			assert.ok(!commandLines().some((l) => l.includes(other)));
			run.child.stdin.end('\n');
			assert.equal((await run.ended).status, DONE);
			assert.ok(!(run.out + run.err).includes(other));
			assert.equal((await states()).platform, 'ok');
			await remove(site, 'platform');
			await remove(site, 'filed');
		}

		async function refused() {
			for (const [argv, input, says] of [
				[['add', 'chatgpt'], 'sk-x', /platform, code and web/],
				[['add', 'code'], platformKey(), /credential of 'platform'/],
				[['add', 'platform'], '', /Nothing was given/],
				[['add', 'platform'], 'sk-short', /too short/],
				[['add', 'web', '--name', 'typed'], 'another-refresh-token',
					/Another credential has the name 'typed'/],
				[['login', 'web'], '', /'kimi-code' only/],
				[['remove', 'typed'], '', /Give --yes/],
			]) {
				const r = await command(site, ['credential', ...argv], USAGE,
					input);
				assert.match(r.err, says);
				if (input)
					assert.ok(!r.err.includes(input));
			}
			for (const verb of ['pause', 'resume', 'check'])
				await command(site, ['credential', verb, 'nobody'], MISSING);
			await command(site, ['credential', 'remove', 'nobody', '--yes'],
				MISSING);
		}

		async function signIn() {
			await site.fake.scenes([
				{ match: { service: 'auth', route: 'token' }, times: 1,
					scene: { status: 502 } },
				{ match: { service: 'auth', route: 'token' }, times: 1,
					scene: { status: 200,
						body: { error: 'authorization_pending' } } },
			]);
			const r = await command(site, ['credential', 'login', 'kimi-code',
				'--no-browser', '--name', 'signed']);
			assert.match(r.err, /https:\/\/kimi\.example\/device\?user_code=FAKE/);
			assert.match(r.err, /not used for 30 days/);
			assert.match(r.err, /whether to sign in again/);
			assert.doesNotMatch(r.out + r.err, /fake-(device|oauth)/);
			answerOf(await chat(site, hello('hello', 'kimi-for-coding')));
			const first = await lastToken(site);
			assert.match(first, /^fake-oauth-access/);
			await site.fake.settings({ revoke_access: true });
			answerOf(await chat(site, hello('hello', 'kimi-for-coding')));
			assert.notEqual(await lastToken(site), first);
			const devices = new Set((await site.fake.requests())
				.filter((r) => r.service === 'auth' || r.service === 'code')
				.map((r) => r.headers['x-msh-device-id']));
			assert.equal(devices.size, 1);
			assert.match([...devices][0], /^\w{20,}$/);
			const notes = await site.query(`SELECT value FROM credential_notes
				WHERE name = 'host'`);
			assert.ok(notes.some((n) => n.value.endsWith('/coding/v1')));
		}

		async function inVain() {
			const before = (await site.fake.stats()).requests;
			for (const [name, says] of [['signed', /has the name 'signed'/],
				['-x', /A name has/]]) {
				const r = await command(site, ['credential', 'login',
					'kimi-code', `--name=${name}`], USAGE);
				assert.match(r.err, says);
			}
			assert.deepEqual((await site.fake.stats()).requests, before);
		}

		async function expired() {
			await site.fake.scenes({ match: { service: 'auth', route: 'token' },
				times: 1, scene: { status: 400,
					body: { error: 'expired_token' } } });
			const r = await command(site, ['credential', 'login', 'kimi-code',
				'--no-browser']);
			assert.equal(r.err.match(/confirm the code FAKE/g).length, 2);
			assert.match(r.err, /The code has expired/);
			await remove(site, 'code');
		}

		async function noClient() {
			site.configure({ ...settings, KIMI_CODE_CLIENT_ID: null });
			const r = await command(site, ['credential', 'login', 'kimi-code'],
				FAILED);
			assert.match(r.err, /set KIMI_CODE_CLIENT_ID/);
			site.configure(settings);
		}

		async function checked() {
			const bad = await add(site, 'sk-kimi-bad-key-of-the-owner',
				'rejected', 'code', WRONG);
			assert.match(bad.err, /refused: .*its owner has to make a new key/);
			assert.equal((await states()).rejected, 'refused');
			const good = await add(site, platformKey(), 'good');
			assert.match(good.err, /Kimi accepts it/);
			await site.fake.scenes({ match: { token: 'unasked' }, times: -1,
				scene: { fault: 'server_error' } });
			const unasked = await add(site, platformKey('unasked'), 'unasked');
			assert.match(unasked.err,
				/not checked: .*'kimi-proxy credential check unasked'/);
			await command(site, ['credential', 'resume', 'unasked']);
			assert.equal((await states()).unasked, 'not checked');
			await remove(site, 'unasked');
			const all = await json(site, ['credential', 'check'], WRONG);
			const of = (name) =>
				all.credentials.find((c) => c.credential === name);
			assert.equal(of('good').state, 'ok');
			assert.equal(of('typed').state, 'ok');
			assert.equal(of('signed').state, 'ok');
			assert.equal(of('signed').plan, 'Moderato');
			assert.equal(of('rejected').state, 'refused');
			assert.match(of('rejected').details, /its owner has to make a new key/);
			await command(site, ['credential', 'check', 'good']);
			// One word of each state, and a sentence.
			for (const [fault, state, says] of [
				['access_terminated', 'account closed', /ask Kimi why/],
				['membership', 'no plan', /renew it at/],
				['not_an_agent', 'program refused', /another service/],
				['hours_limit', 'no quota', /top it up/],
				['internal', 'unreachable', /Kimi says/],
			]) {
				await site.fake.scenes({ match: { service: 'code',
					route: 'models' }, times: 1, scene: { fault } });
				const { credentials: [c] } = await json(site, ['credential',
					'check', 'signed'], WRONG);
				assert.equal(c.state, state, fault);
				assert.match(c.details, says);
			}
			const cold = await site.query(`SELECT 1 FROM credentials
				WHERE cooldown_kind IS NOT NULL AND name <> 'rejected'`);
			assert.equal(cold.length, 0);
		}

		async function renewedOnce() {
			const renewals = async () => (await site.fake.requests())
				.filter((r) => r.route === 'refresh').length;
			const before = await renewals();
			await site.fake.scenes({ match: { route: 'stats' }, times: 2,
				scene: { status: 401 } });
			const { credentials: [c] } = await json(site, ['credential',
				'check', 'typed'], WRONG);
			assert.equal(c.state, 'expired');
			assert.equal(await renewals(), before + 1);
		}

		async function applied() {
			const asked = async () => (await site.fake.requests())
				.filter((r) => r.route === 'completion').length;
			const before = await asked();
			await command(site, ['price', 'set', '*', '--input', '1000',
				'--cached', '1000', '--output', '4000']);
			const { credentials: [called] } = await json(site, ['credential',
				'check', 'good', '--call']);
			assert.equal(await asked(), before + 1);
			assert.ok(called.prompt_tokens > 0);
			assert.equal(called.cost.toFixed(4), (called.prompt_tokens / 1000
				+ called.completion_tokens / 250).toFixed(4));
			assert.equal(called.currency, 'USD');
			assert.equal(called.list_cost, null);
			const { out } = await command(site, ['credential', 'check',
				'good', 'signed', '--call']);
			assert.match(out.replace(/\s+/g, ' '), new RegExp('good: '
				+ `${called.model} answered a request with \\d+ tokens of `
				+ 'input and \\d+ of output, which cost 0\\.\\d+ USD\\.'));
			await command(site, ['credential', 'check', 'rejected', '--apply'],
				WRONG);
			assert.equal((await states()).rejected, 'refused');
			const { text } = await chat(site, hello('hello',
				'kimi-for-coding'));
			assert.ok(!text.includes('bad-key'));
			await command(site, ['credential', 'resume', 'rejected']);
			assert.notEqual((await states()).rejected, 'refused');
			await remove(site, 'rejected');
		}

		// Kimi's word about what is left is no reason to end one.
		async function heldUp() {
			await site.fake.scenes({ match: { service: 'platform',
				prompt: 'held up' }, times: -1,
				scene: { fault: 'insufficient_balance' } });
			errorOf(await chat(site, hello('held up')), 429);
			const { credentials: [c] } = await json(site, ['credential',
				'check', 'good', '--apply'], WRONG);
			assert.equal(c.state, 'no quota');
			assert.match(c.details, /something is left, but refused a request/);
			await command(site, ['credential', 'resume', 'good']);
			assert.equal((await states()).good, 'ok');
			answerOf(await chat(site, hello()));
		}

		async function chatGone() {
			const chats = async () => (await site.fake.stats()).chats.length;
			await until('the earlier ones are gone', async () =>
				await chats() === 0);
			const { out } = await command(site, ['credential', 'check',
				'typed', '--call']);
			assert.match(out, /typed: \S+ answered a request\./);
			assert.equal(await chats(), 1);
			answerOf(await chat(site, hello('hello', 'k2')));
			await until('the server has deleted it, too', async () =>
				await chats() === 0);
		}

		async function quotas() {
			const r = await json(site, ['credential', 'list']);
			const status = await json(site, ['status']);
			assert.deepEqual(status.quotas, r.quotas);
			assert.deepEqual(status.credentials, r.credentials);
			assert.deepEqual(r.quotas.filter((q) =>
				q.credential === 'good').map((q) => [q.window, q.balance,
				q.balance_currency]), [['balance', 49.58, 'USD']]);
			assert.ok(r.quotas.some((q) => q.credential === 'typed'
				&& q.window === 'subscription' && q.used === 0.25));
			const signed = r.quotas.filter((q) => q.credential === 'signed');
			assert.ok(signed.some((q) => q.window === '5 hours'
				&& q.used === 0.12 && q.resets_at > q.seen_at));
			await site.fake.scenes({ match: { route: 'user',
				service: 'platform' }, times: -1, scene: { status: 200, body: {
				code: 0, data: { available_balance: -1.5 } } } });
			const fresh = await json(site, ['credential', 'list', '--refresh']);
			const good = fresh.credentials.find((c) =>
				c.credential === 'good');
			assert.equal(good.state, 'no quota');
			assert.match(good.details, /its owner has to top it up.* 'balance'/);
			assert.equal(fresh.quotas.find((q) =>
				q.credential === 'good').balance, -1.5);
		}

		async function ofSettings() {
			site.configure({ ...settings,
				KIMI_TOKENS: `platform:${platformKey('settings')}` });
			const { credentials: [c] } = await json(site, ['credential',
				'list']);
			assert.equal(c.comes_from, 'settings');
			await command(site, ['credential', 'pause', c.credential]);
			assert.equal((await states())[c.credential], 'paused');
			const r = await command(site, ['credential', 'remove',
				c.credential, '--yes'], USAGE);
			assert.match(r.err, /one of KIMI_TOKENS \(kimi\.conf line \d+\)/);
			site.configure(settings);
		}

		async function keyFile() {
			assert.equal(fs.statSync(key).mode & 0o777, 0o600);
			fs.chmodSync(key, 0o644);
			assert.equal((await states()).good, 'unusable');
			await site.restart();
			const e = errorOf(await chat(site, hello()), 503);
			assert.match(e.message, /Run 'chmod 600 /);
			fs.chmodSync(key, 0o600);
			await until('it is used again', async () =>
				(await chat(site, hello())).status === 200);
			fs.renameSync(key, `${key}.aside`);
			const r = await command(site, ['credential', 'list']);
			assert.match(r.out, /good: .*kimi\.key is missing.*from the backup/);
			assert.match((await command(site, ['status'])).out,
				/good: .*kimi\.key is missing.*from the backup/);
			assert.match((await command(site, ['config', 'check'], WRONG)).out
				.replace(/\s+/g, ' '), /credentials wrong good: .*is missing/);
			fs.renameSync(`${key}.aside`, key);
		}
	});
