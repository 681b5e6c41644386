// SPDX-License-Identifier: MIT
// A client for Kimi web's Connect protocol, to test the fake itself and what
// the proxy sends to it.

import http from 'node:http';
import { call, now } from './http.mjs';

export const paths = {
	chat: '/apiv2/kimi.gateway.chat.v1.ChatService/Chat',
	models: '/apiv2/kimi.gateway.config.v1.ConfigService/GetAvailableModels',
	refresh: '/api/account.gateway.v1.AuthService/RefreshToken',
	remove: '/apiv2/kimi.chat.v1.ChatService/DeleteChat',
	removeAll: '/apiv2/kimi.chat.v1.ChatService/BatchDeleteChats',
	list: '/apiv2/kimi.chat.v1.ChatService/ListChats',
	messages: '/apiv2/kimi.gateway.chat.v1.ChatService/ListMessages',
	upload: '/apiv2-files/file/upload',
	parse: '/apiv2-files/kimi.gateway.file.v1.FileService/GetFileParseProgress',
	subscription:
		'/apiv2/kimi.gateway.order.v1.SubscriptionService/GetSubscription',
};

export function envelope(json, flag = 0) {
	const payload = Buffer.from(typeof json === 'string' ? json
		: JSON.stringify(json));
	const head = Buffer.alloc(5);
	head[0] = flag;
	head.writeUInt32BE(payload.length, 1);
	return Buffer.concat([head, payload]);
}

// The envelopes [{ flag, payload, json }] and the bytes after them.
export function envelopes(bytes) {
	const frames = [];
	let at = 0;
	while (bytes.length - at >= 5) {
		const n = bytes.readUInt32BE(at + 1);
		if (bytes.length - at - 5 < n)
			break;
		const payload = bytes.subarray(at + 5, at + 5 + n);
		const text = payload.toString();
		frames.push({ flag: bytes[at], payload,
			json: bytes[at] !== 1 && text[0] === '{'
				? JSON.parse(text) : null });
		at += 5 + n;
	}
	return { frames, rest: bytes.subarray(at) };
}

// Assembles a reply by the rules of the protocol.
export function fold(frames) {
	const blocks = new Map();
	const answer = { chat: null, message: null, status: null, name: null,
		think: '', text: '', done: false, error: null, trailer: null,
		blocks };
	let last = null;
	for (const { flag, json } of frames) {
		if (flag & 0x82)
			answer.trailer = json;
		if (!json)
			continue;
		if (json.error)
			answer.error = json.error;
		answer.done ||= 'done' in json;
		answer.chat ||= json.chat?.id || null;
		answer.name = json.chat?.name || answer.name;
		if (json.message?.role === 'assistant')
			answer.message = json.message.id;
		if (json.message && json.message.id === answer.message)
			answer.status = json.message.status;
		if (json.block?.exception) {
			answer.exception = json.block.exception.error;
			blocks.delete(last);
		}
		for (const kind of ['think', 'text']) {
			const part = json.block?.[kind];
			if (typeof part?.content !== 'string')
				continue;
			last = json.block.id;
			const b = blocks.get(last);
			if (json.op === 'set' || !b)
				blocks.set(last, { kind: part.flags === 'thinking'
					? 'think' : kind, content: part.content });
			else
				b.content += part.content;
		}
	}
	for (const { kind, content } of blocks.values())
		answer[kind] += content;
	return answer;
}

// A user message as the web app sends it; `more` is merged into the top level.
export function ask(text, { options = {}, files = [], parent, ...more } = {}) {
	const scenario = more.scenario || 'SCENARIO_CHAT';
	return { scenario, tools: [], ...more,
		message: { role: 'user', scenario,
			...(parent ? { parent_id: parent } : {}),
			blocks: [{ message_id: '', text: { content: text } },
				...files.map((id) => ({ file: { id,
					status: 'PROCESS_STATUS_SUCCESS' } }))] },
		options: { thinking: false, model: 'k2d6-chat', ...options } };
}

const headers = { 'content-type': 'application/connect+json',
	'connect-protocol-version': '1' };

// A whole reply: { status, bytes, frames, rest, …fold }.
export async function connectChat(fake, key, body, request = {}) {
	const reply = await call(fake, paths.chat, { key, headers, ...request,
		body: Buffer.isBuffer(body) ? body : envelope(body) });
	if (reply.headers['content-type'] !== headers['content-type'])
		return reply;
	const { frames, rest } = envelopes(reply.bytes);
	return { ...fold(frames), status: reply.status, bytes: reply.bytes,
		ms: reply.ms, frames, rest };
}

export const unary = (fake, key, path, body = {}) =>
	call(fake, path, { key, body });

// A reply as it arrives: pieces [{ at, bytes }] and how it ended.
export function connectStream(fake, key, body) {
	const s = { pieces: [], ended: null, sent: now() };
	const req = http.request({ host: '127.0.0.1', port: fake.port,
		path: paths.chat, method: 'POST', agent: false,
		headers: { ...headers, authorization: `Bearer ${key}` } });
	s.leave = () => req.destroy();
	s.done = new Promise((resolve) => {
		const end = (how) => {
			s.ended ||= how;
			resolve(s);
		};
		req.on('error', () => end('cut'));
		req.on('close', () => end('cut'));
		req.on('response', (res) => {
			s.status = res.statusCode;
			s.headAt = now();
			res.on('data', (bytes) => s.pieces.push({ at: now(), bytes }));
			res.on('error', () => end('cut'));
			res.on('end', () => end(res.complete ? 'end' : 'cut'));
		});
	});
	req.end(envelope(body));
	Object.defineProperty(s, 'bytes', { get: () =>
		Buffer.concat(s.pieces.map((p) => p.bytes)) });
	return s;
}
