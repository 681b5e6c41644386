// SPDX-License-Identifier: MIT
// Cline's CLI, as npm has it, does a task with its own shell. `npm install` in
// agents/.

import assert from 'node:assert/strict';
import { offline } from './lib/offline.mjs';

await offline(import.meta.url);

const { Agent, agentSite, asked, assertTrip, lastTurn, shellTask, sum,
	turnsSince } = await import('./lib/agents.mjs');
const { laid } = await import('./lib/kimi.mjs');
const { withSite } = await import('./lib/suite.mjs');

const program = `@cline/cli-linux-${process.arch}/bin/cline`;
const silent = { CLINE_NO_AUTO_UPDATE: '1' };

withSite('Cline', 'lighttpd_fastcgi', agentSite, async (check, site) => {
	for (const [model, service] of [['kimi-k3', 'the Open Platform'],
		['k3', 'Kimi Code'], ['k2', 'Kimi web, tools emulated']])
		await check(`runs a command with ${service}`, () =>
			works(model, { written: model === 'k2' }));
	await check('says what Kimi said when a stream breaks', broken);
	await check('got a reply to every request', answered);

	async function cline(model) {
		const agent = new Agent(site, program);
		await agent.run(['auth', '--provider', 'openai', '--apikey', 'sk-test',
			'--modelid', model, '--baseurl',
			`http://127.0.0.1:${site.port}/v1`], silent);
		return agent;
	}

	// One turn: its events, and its end.
	async function run(agent, prompt, status) {
		const { out } = await agent.run(['--json', prompt], silent,
			status);
		const lines = out.trim().split('\n').map((line) => JSON.parse(line));
		return { events: (type) => lines.map((line) => line.event)
			.filter((event) => event?.type === type),
		result: lines.find((line) => line.type === 'run_result') };
	}

	async function works(model, more) {
		const before = await lastTurn(site);
		const agent = await cline(model);
		const task = await shellTask(site, { tool: 'run_commands',
			args: (command) => ({ commands: [command] }), ...more });
		const { events, result } = await run(agent, task.prompt);
		assert.equal(agent.made(task.file), task.content);
		const [output, ...others] = events('content_end').filter((e) =>
			e.contentType === 'tool');
		assert.deepEqual(others, []);
		assert.ok(JSON.stringify(output).includes(task.result));
		assert.equal(result.text, task.answer);
		assert.deepEqual([result.finishReason, result.iterations],
			['completed', 2]);
		await assertTrip(site, task);
		const rows = await turnsSince(site, before, 2);
		assert.equal(result.usage.inputTokens, sum(rows, 'prompt_tokens'));
		assert.equal(result.usage.outputTokens, sum(rows, 'completion_tokens'));
	}

	async function broken() {
		await laid(site, 'broken-stream', { error_after: 1 });
		const { result } = await run(await cline('kimi-k3'),
			'Survive the broken-stream.', 1);
		assert.deepEqual([result.finishReason, result.text],
			['error', 'Kimi says: internal server error']);
	}

	async function answered() {
		assert.deepEqual(await asked(site), ['200 POST /v1/chat/completions']);
	}
});
