// SPDX-License-Identifier: MIT
// A client that knows how each API says that a reply is complete. Only such a
// reply is acknowledged: whatever else arrived may be a part.

import http from 'node:http';

const PATIENCE = 100000; // ms; beyond it a request is lost

// Sends a request to a site. What comes of it, `how`:
//   'ack'     a whole reply; everything in it is in `reply`
//   'error'   the program said that the request failed: `error`
//   'server'  the web server answered, without the program
//   'cut'     the connection ended, or the reply is not whole
//   'left'    we closed the connection (request.leave) after the first event
//   'silence' nothing came within PATIENCE
// with status, id (x-request-id, if the head arrived), begun and ended (ms).
export function send(site, request) {
	const seen = { how: null, status: 0, id: null, begun: performance.now(),
		ended: 0 };
	return new Promise((resolve) => {
		const end = (how, more) => {
			if (seen.how)
				return;
			Object.assign(seen, { how, ended: performance.now() }, more);
			resolve(seen);
		};
		const { method, headers, body } = wire(request);
		const req = http.request({ host: '127.0.0.1', port: site.port,
			path: (site.mount.prefix || '') + request.path, agent: false,
			method, headers });
		req.setTimeout(PATIENCE, () => {
			end('silence');
			req.destroy();
		});
		req.on('error', () => end('cut'));
		req.on('close', () => end('cut'));
		req.on('response', (res) => receive(res, request, seen, end,
			() => req.destroy()));
		req.end(body);
	});
}

function wire({ method, path, key, headers = {}, body }) {
	const all = { ...headers };
	const bytes = body === undefined || Buffer.isBuffer(body) ? body
		: Buffer.from(JSON.stringify(body));
	if (headers['x-api-key'] === undefined)
		all.authorization = `Bearer ${key}`;
	if (bytes) {
		all['content-type'] ||= 'application/json';
		all['content-length'] = bytes.length;
	}
	return { method: method || (bytes ? 'POST' : 'GET'), path,
		headers: all, body: bytes };
}

function receive(res, request, seen, end, leave) {
	const parts = [];
	const streams = /^text\/event-stream/.test(res.headers['content-type']);
	seen.status = res.statusCode;
	seen.id = res.headers['x-request-id'] || null;
	res.on('data', (part) => {
		parts.push(part);
		if (request.leave && streams
			&& Buffer.concat(parts).includes('\n\n')) {
			end('left');
			leave();
		}
	});
	res.on('error', () => end('cut'));
	res.on('aborted', () => end('cut'));
	res.on('end', () => {
		const bytes = Buffer.concat(parts);
		if (!seen.id)
			end('server');
		else if (seen.status !== 200)
			endWith(end, () => failure(JSON.parse(bytes)));
		else if (request.raw)
			end('ack', { bytes });
		else if (streams)
			endWith(end, () => apis[request.api].events(
				eventsOf(bytes.toString())));
		else
			endWith(end, () => ({ how: 'ack',
				reply: apis[request.api]?.whole(JSON.parse(bytes))
					?? JSON.parse(bytes) }));
	});
}

function endWith(end, read) {
	let all;
	try {
		all = read();
	} catch {
		// Web servers end what a killed program left as if it were whole.
		all = { how: 'cut' };
	}
	end(all.how, all);
}

const failure = ({ error }) => ({ how: 'error', error });

// The data of each event, parsed; [DONE] is null. The last one may be a part.
function eventsOf(text) {
	return text.split('\n\n').slice(0, -1).filter((e) => e[0] !== ':')
		.map((e) => e.slice(e.indexOf('data: ') + 6))
		.map((data) => (data === '[DONE]' ? null : JSON.parse(data)));
}

// --- The APIs. A reply, however it came: { object (its id), texts, reasonings,
// calls (of the first choice), usage: { prompt, completion, cached, reasoning,
// source } }

const CUT = { how: 'cut' };

const chatUsage = (u) => u && { prompt: u.prompt_tokens,
	completion: u.completion_tokens,
	cached: u.prompt_tokens_details?.cached_tokens,
	reasoning: u.completion_tokens_details?.reasoning_tokens,
	source: u.source };

const callOf = ({ function: f }) => ({ name: f.name, arguments: f.arguments });

// What came as chunks that end with [DONE]; `said` tells what they say.
const chunksOf = (said) => (all) => {
	const error = all.find((e) => e?.error);
	if (error)
		return failure(error);
	if (all.at(-1) !== null)
		return CUT;
	const chunks = all.slice(0, -1);
	return { how: 'ack', reply: { object: chunks[0].id, ...said(chunks),
		usage: chatUsage(chunks.at(-1).usage) } };
};

const chat = {
	whole: ({ id, choices, usage }) => ({ object: id,
		texts: choices.map((c) => c.message.content ?? ''),
		reasonings: choices.map((c) => c.message.reasoning_content ?? ''),
		calls: (choices[0].message.tool_calls || []).map(callOf),
		usage: chatUsage(usage) }),

	events: chunksOf((chunks) => {
		const pieces = chunks.flatMap((c) => c.choices);
		const n = Math.max(...pieces.map((p) => p.index)) + 1;
		const joined = (name) => Array.from({ length: n }, (_, i) =>
			pieces.filter((p) => p.index === i)
				.map((p) => p.delta[name] || '').join(''));
		return { texts: joined('content'),
			reasonings: joined('reasoning_content'),
			calls: callsOf(pieces) };
	}),
};

function callsOf(pieces) {
	const calls = [];
	for (const { delta } of pieces)
		for (const { index, function: f } of delta.tool_calls || []) {
			calls[index] ||= { name: f.name, arguments: '' };
			calls[index].arguments += f.arguments;
		}
	return calls;
}

const completions = {
	whole: ({ id, choices, usage }) => ({ object: id,
		texts: choices.map((c) => c.text), reasonings: [], calls: [],
		usage: chatUsage(usage) }),

	events: chunksOf((chunks) => {
		const pieces = chunks.flatMap((c) => c.choices);
		return { texts: [pieces.map((p) => p.text).join('')],
			reasonings: [], calls: [] };
	}),
};

const partsOf = (output, type, name) => output.filter((i) => i.type === type)
	.flatMap((i) => i[name] || []).map((p) => p.text).join('');

const responses = {
	whole: ({ id, status, output, usage }) => ({ object: id, status,
		texts: [partsOf(output, 'message', 'content')],
		reasonings: [], calls: [],
		usage: usage && { prompt: usage.input_tokens,
			completion: usage.output_tokens,
			cached: usage.input_tokens_details.cached_tokens,
			reasoning: usage.output_tokens_details.reasoning_tokens } }),

	events(all) {
		const last = all.findLast?.((e) => e) ?? all.filter(Boolean).at(-1);
		if (last?.type === 'response.failed')
			return failure(last.response);
		if (last?.type !== 'response.completed')
			return last?.type === 'error' ? failure({ error: last }) : CUT;
		const reply = responses.whole(last.response);
		const said = all.filter((e) => e?.type === 'response.output_text.delta')
			.map((e) => e.delta).join('');
		// The same text twice in one stream: deltas, and the whole.
		return { how: 'ack', reply: { ...reply, texts: [said],
			again: reply.texts } };
	},
};

const messagesUsage = (u) => ({ prompt: u.input_tokens
	+ u.cache_read_input_tokens, completion: u.output_tokens,
cached: u.cache_read_input_tokens });

const messages = {
	whole: ({ id, content, usage }) => ({ object: id,
		texts: [content.filter((b) => b.type === 'text')
			.map((b) => b.text).join('')],
		reasonings: [], calls: [], usage: messagesUsage(usage) }),

	events(all) {
		const error = all.find((e) => e.type === 'error');
		if (error)
			return failure(error);
		if (all.at(-1)?.type !== 'message_stop')
			return CUT;
		return { how: 'ack', reply: { object: all[0].message.id,
			texts: [all.filter((e) => e.delta?.type === 'text_delta')
				.map((e) => e.delta.text).join('')],
			reasonings: [], calls: [], usage: messagesUsage(
				all.find((e) => e.type === 'message_delta').usage) } };
	},
};

// By the names of dialects in the database.
export const apis = { openai_chat: chat, openai_completions: completions,
	openai_responses: responses, anthropic_messages: messages };
