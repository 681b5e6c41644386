// SPDX-License-Identifier: MIT
// Questions whose answers are known: each tells the fake Kimi what to say, how
// to fail, and what it costs.

// How the fake fails. `once`: the first try of a request only.
const cuts = [{ drop: true }, { close_after: 0 }, { close_after: 1 },
	{ close_after: 3 }, { error_after: 0 }, { error_after: 1 },
	{ error_after: 3 }, { end: 'truncated' }, { end: 'missing' }];
const statuses = [429, 500, 502, 503, 504, 401].map((status) => ({ status }));
const named = (...names) => names.map((fault) => ({ fault }));

const faults = {
	web: [...cuts, ...statuses],
	platform: [...cuts, ...statuses, ...named('rpm', 'concurrency', 'tpm',
		'engine_overloaded', 'server_error', 'bad_gateway',
		'server_unavailable', 'gateway_timeout', 'unexpected_output',
		'content_filter', 'invalid_request', 'invalid_authentication',
		'insufficient_balance')],
	code: [...cuts, ...statuses, ...named('concurrent_limit',
		'engine_overloaded', 'too_many_requests', 'context_canceled',
		'internal', 'unavailable', 'high_risk')],
};

export const models = [
	{ name: 'k2', service: 'web' },
	{ name: 'k1.5', service: 'web', thinks: true },
	{ name: 'kimi-k3', service: 'platform', thinks: true },
	{ name: 'kimi-for-coding', service: 'code' },
	{ name: 'k3', service: 'code', thinks: true },
];

// What the fake plays, and what a client must therefore get. `n` marks
// everything that was said because of this question.
export function question(random, model, n, tag, { share, recall = false,
	calls = false }) {
	const q = { asked: `u${n}x${tag}`, answered: `a${n}x${tag}`, recall,
		fault: null, once: null, calls: [], usage: null };
	const scene = { chunks: random.between(1, 6),
		chunk_ms: random.pick([0, 0, 5, 20]) };
	if (!recall) {
		q.text = `${q.answered} ${random.text(random.length())}`;
		scene.answer = q.text;
	}
	if (model.thinks && random.chance(0.5)) {
		q.reasoning = `r${n}x${tag} ${random.text(random.between(5, 80))}`;
		scene.reasoning = q.reasoning;
	}
	if (calls) {
		q.calls = [{ name: 'note', arguments: JSON.stringify({ n,
			what: random.text(20) }) }];
		scene.tool_calls = [{ id: `note:${n}`, ...q.calls[0] }];
	}
	if (model.service !== 'web')
		scene.usage = addUsage(q, random);
	if (random.chance(0.03))
		scene[random.pick(['delay_ms', 'silence_ms'])] =
			random.between(300, 2500);
	if (random.chance(share))
		addFault(q, scene, random, model);
	q.prompt = `${q.asked} ${recall ? 'recall ' : ''}fake:${
		JSON.stringify(scene)}`;
	return q;
}

function addUsage(q, random) {
	const prompt = random.between(20, 100000);
	const completion = random.between(1, 9000);
	q.usage = { prompt, completion, cached: random.below(prompt) };
	return { prompt_tokens: prompt, completion_tokens: completion,
		total_tokens: prompt + completion, cached_tokens: q.usage.cached };
}

// Half of them hit every try, so that the request fails.
function addFault(q, scene, random, model) {
	const fault = random.pick(faults[model.service]);
	q.fault = JSON.stringify(fault);
	if (random.chance(0.5))
		Object.assign(scene, fault);
	else
		q.once = { match: { prompt: q.asked, ...routes[model.service] },
			times: 1, scene: { ...scene, ...fault } };
	// The end with the usage may be missing.
	if (fault.end || fault.close_after !== undefined)
		q.usage = null;
}

// Rules meet the question itself, not the calls around it.
const routes = { web: {}, platform: { route: 'completion' },
	code: { route: 'completion' } };

const noteTool = { name: 'note', description: 'Takes a note',
	parameters: { type: 'object', properties: { n: { type: 'integer' },
		what: { type: 'string' } } } };

// The body of a request in one of the APIs. `history`: messages before it.
export function bodyOf(api, model, q, { stream = false, store, choices = 1,
	history = [], ...more } = {}) {
	const messages = [...history, { role: 'user', content: q.prompt }];
	const body = { model: model.name, ...more };
	if (stream)
		body.stream = true;
	if (store !== undefined)
		body.store = store;
	if (choices > 1)
		body.n = choices;
	if (stream && /chat|completions/.test(api))
		body.stream_options = { include_usage: true };
	if (q.calls.length)
		body.tools = [{ type: 'function', function: noteTool }];
	return Object.assign(body, {
		openai_chat: { messages },
		openai_completions: { prompt: q.prompt, max_tokens: 100000 },
		openai_responses: { input: q.prompt },
		anthropic_messages: { messages, max_tokens: 100000 },
	}[api]);
}

export const pathOf = { openai_chat: '/v1/chat/completions',
	openai_completions: '/v1/completions', openai_responses: '/v1/responses',
	anthropic_messages: '/v1/messages' };
