// SPDX-License-Identifier: MIT
// Codex compresses its requests with zstd when it is signed in to ChatGPT and
// takes the server for OpenAI's.

import assert from 'node:assert/strict';
import { offline } from './lib/offline.mjs';

await offline(import.meta.url);

const { Agent, agentSite, assertTrip, blocksOf, shellTask }
	= await import('./lib/agents.mjs');
const { put } = await import('./lib/process.mjs');
const { withSite } = await import('./lib/suite.mjs');

const cpu = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];
const program = `@openai/codex-linux-${process.arch}/vendor/`
	+ `${cpu}-unknown-linux-musl/bin/codex`;

// What ChatGPT's login would give, and Codex then shows us as API key.
const part = (value) =>
	Buffer.from(JSON.stringify(value)).toString('base64url');
const token = [part({ alg: 'none' }), part({ exp: 4102444800,
	'https://api.openai.com/auth': { chatgpt_account_id: 'a',
		chatgpt_plan_type: 'pro' } }), part('signature')].join('.');
const login = { auth_mode: 'chatgpt', tokens: { id_token: token,
	access_token: token, refresh_token: 'r', account_id: 'a' },
last_refresh: '2099-01-01T00:00:00Z' };

const options = { ...agentSite,
	settings: { ...agentSite.settings, DEFAULT_AUTHKEYS: token } };

withSite('Codex, signed in', 'lighttpd_fastcgi', options,
	async (check, site) => {
		await check('runs a command by compressed requests', works);

		async function works() {
			const agent = new Agent(site, program,
				`${program}-code-mode-host`);
			const [config] = blocksOf('Codex');
			put(agent.home, 'auth.json', JSON.stringify(login));
			put(agent.home, 'config.toml', config
				.replace(':8000/', `:${site.port}/`)
				.replace('name = "Kimi"', 'name = "OpenAI"')
				.replace('env_key = "KIMI_KEY"', 'requires_openai_auth = true')
				+ '\n[analytics]\nenabled = false\n');
			const task = await shellTask(site, { tool: 'exec_command',
				args: (cmd) => ({ cmd }) });
			const { out, err } = await agent.run(['exec',
				'--skip-git-repo-check', '--sandbox', 'danger-full-access',
				task.prompt], { CODEX_HOME: agent.home,
				RUST_LOG: 'codex_http_client=trace' });
			assert.equal(err.match(/Compressed request body with zstd/g)
				?.length, 2, err);
			assert.equal(agent.made(task.file), task.content);
			assert.equal(out.trim(), task.answer);
			await assertTrip(site, task);
		}
	});
