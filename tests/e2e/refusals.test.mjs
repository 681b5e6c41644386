// SPDX-License-Identifier: MIT
// APIs that are not supported, refused so that clients do not retry; and probes.

import assert from 'node:assert/strict';
import http from 'node:http';
import { until } from './lib/process.mjs';
import { call } from './lib/http.mjs';
import { OpenAI } from './lib/openai.mjs';
import { errorOf, withSite } from './lib/suite.mjs';

const everything = { url: '^/' };

withSite('refusals', 'lighttpd_fastcgi', everything, async (check, site) => {
	// Its own number of retries: what it would try again takes seconds.
	const openai = new OpenAI({ apiKey: 'sk-test',
		baseURL: `http://127.0.0.1:${site.port}/v1` });
	const file = new File(['x'], 'x.wav');
	const wanted = {
		embeddings: () => openai.embeddings.create({ model: 'e', input: 'x' }),
		moderations: () => openai.moderations.create({ input: 'x' }),
		speech: () => openai.audio.speech.create({ model: 'tts-1',
			voice: 'alloy', input: 'x' }),
		transcription: () => openai.audio.transcriptions.create({
			model: 'whisper-1', file }),
		images: () => openai.images.generate({ prompt: 'x' }),
		videos: () => openai.videos.create({ prompt: 'x' }),
		batches: () => openai.batches.list(),
		'fine-tuning': () => openai.fineTuning.jobs.list(),
		assistants: () => openai.beta.assistants.list(),
		threads: () => openai.beta.threads.create(),
		'vector stores': () => openai.vectorStores.list(),
		uploads: () => openai.uploads.create({ bytes: 1, filename: 'x',
			mime_type: 'text/plain', purpose: 'assistants' }),
		evals: () => openai.evals.list(),
		containers: () => openai.containers.list(),
		skills: () => openai.skills.list(),
	};

	await check('the SDK learns at once what is not supported', sdk);
	await Promise.all([
		check('so do browsers, and calls without a key', browsers),
		check('a WebSocket gets 426', webSocket),
		check('probes get 200 for GET and HEAD', probes),
		check('a model cannot be deleted', deleted),
	]);

	async function sdk() {
		await Promise.all(Object.entries(wanted).map(async ([what, ask]) => {
			await assert.rejects(async () => ask(), (e) => {
				assert.ok(e instanceof OpenAI.NotFoundError,
					`${what}: ${e}`);
				assert.equal(e.code, 'unknown_url');
				assert.equal(e.type, 'invalid_request_error');
				assert.match(e.message, /This server has no /);
				assert.ok(e.requestID);
				return true;
			});
		}));
		const asked = await until('their lines in the log', () => {
			const found = site.logs({}).match(/request [A-Z]+ \S+ 404/g);
			return found?.length >= Object.keys(wanted).length && found;
		});
		assert.equal(new Set(asked).size, asked.length,
			`asked again: ${asked}`);
	}

	async function browsers() {
		for (const path of ['/v1/moderations', '/kimi/v1/audio/speech',
			'/c/any/v1/embeddings', '/v1/batches/b']) {
			const r = await call(site, path, { key: '', body: {},
				headers: { origin: 'https://app.example' } });
			assert.equal(errorOf(r, 404).code, 'unknown_url');
			assert.equal(r.headers['access-control-allow-origin'], '*');
			assert.match(r.headers['x-request-id'], /^req_/);
		}
	}

	async function webSocket() {
		const r = await call(site, '/v1/responses');
		const e = errorOf(r, 426);
		assert.equal(e.code, 'upgrade_required');
		assert.match(e.message, /POST/);
		assert.equal(r.headers['access-control-allow-origin'], '*');
		// As Codex asks.
		const status = await new Promise((resolve, reject) => {
			const req = http.get({ host: '127.0.0.1', port: site.port,
				path: '/v1/responses', agent: false, headers: {
					connection: 'Upgrade', upgrade: 'websocket',
					'sec-websocket-version': '13',
					'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
					'openai-beta': 'responses_websockets=2026-02-06' } },
			(res) => {
				res.resume();
				resolve(res.statusCode);
			});
			req.on('upgrade', () => reject(new Error('upgraded')));
			req.on('error', reject);
		});
		assert.equal(status, 426);
	}

	async function probes() {
		for (const path of ['/', '/health', '/healthz', '/api/hello',
			'/kimi/api/hello']) {
			for (const method of ['GET', 'HEAD']) {
				const r = await call(site, path, { key: '', method });
				assert.equal(r.status, 200, `${method} ${path}`);
				assert.match(r.headers['content-type'],
					/^application\/json/);
				assert.equal(r.text === '', method === 'HEAD');
			}
		}
	}

	async function deleted() {
		const r = await call(site, '/v1/models/k2', { method: 'DELETE' });
		assert.equal(errorOf(r, 405).code, 'method_not_supported');
		assert.match(r.headers.allow, /GET/);
	}
});
