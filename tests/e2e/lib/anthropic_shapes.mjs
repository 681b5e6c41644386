// SPDX-License-Identifier: MIT
// The exact shape of every body and event of Anthropic Messages, member by
// member.

import assert from 'node:assert/strict';

const ID = /^[A-Za-z0-9_-]+$/;
const STOP = ['end_turn', 'stop_sequence', 'max_tokens', 'tool_use',
	'refusal'];
const ERRORS = { 400: 'invalid_request_error', 401: 'authentication_error',
	402: 'billing_error', 403: 'permission_error', 404: 'not_found_error',
	405: 'invalid_request_error', 409: 'conflict_error',
	413: 'request_too_large', 429: 'rate_limit_error', 500: 'api_error',
	502: 'api_error', 503: 'api_error', 504: 'timeout_error',
	529: 'overloaded_error' };

const members = (value, ...names) => assert.deepEqual(
	Object.keys(value).sort(), names.sort(), JSON.stringify(value));
const text = (value) => assert.equal(typeof value, 'string');
const count = (value) => assert.ok(Number.isInteger(value) && value >= 0,
	`${value} is no count`);

function checkUsage(usage) {
	members(usage, 'input_tokens', 'output_tokens', 'service_tier',
		'cache_creation_input_tokens', 'cache_creation',
		'cache_read_input_tokens',
		...'server_tool_use' in usage ? ['server_tool_use'] : []);
	count(usage.input_tokens);
	count(usage.output_tokens);
	count(usage.cache_read_input_tokens);
	const kept = usage.cache_creation;
	members(kept, 'ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens');
	Object.values(kept).forEach(count);
	assert.equal(usage.cache_creation_input_tokens,
		kept.ephemeral_5m_input_tokens + kept.ephemeral_1h_input_tokens);
	if (usage.server_tool_use) {
		members(usage.server_tool_use, 'web_search_requests');
		assert.ok(usage.server_tool_use.web_search_requests > 0);
	}
	assert.equal(usage.service_tier, 'standard');
}

function checkCitation(citation) {
	members(citation, 'type', 'url', 'title', 'cited_text',
		'encrypted_index');
	assert.equal(citation.type, 'web_search_result_location');
	Object.values(citation).forEach(text);
}

const blocks = {
	text(block) {
		members(block, 'type', 'text',
			...('citations' in block ? ['citations'] : []));
		text(block.text);
		assert.notEqual(block.text, '', 'an empty text block');
		if ('citations' in block)
			assert.ok(block.citations.length > 0);
		block.citations?.forEach(checkCitation);
	},
	thinking(block) {
		members(block, 'type', 'thinking', 'signature');
		text(block.thinking);
		text(block.signature);
		assert.notEqual(block.signature, '', 'thinking without signature');
	},
	tool_use(block) {
		members(block, 'type', 'id', 'name', 'input');
		assert.match(block.id, ID);
		assert.match(block.id, /^toolu_/);
		text(block.name);
		assert.ok(block.input && typeof block.input === 'object'
			&& !Array.isArray(block.input));
	},
};

function checkContent(content, reason) {
	assert.ok(Array.isArray(content));
	for (const block of content) {
		assert.ok(blocks[block.type], `a block of type ${block.type}`);
		blocks[block.type](block);
	}
	const calls = content.filter((b) => b.type === 'tool_use');
	assert.equal(new Set(calls.map((b) => b.id)).size, calls.length);
	if (reason !== 'max_tokens')
		assert.equal(reason === 'tool_use', calls.length > 0);
}

function checkHead(message) {
	members(message, 'id', 'type', 'role', 'model', 'content', 'stop_reason',
		'stop_sequence', 'usage');
	assert.match(message.id, /^msg_[A-Za-z0-9]{24,}$/);
	assert.equal(message.type, 'message');
	assert.equal(message.role, 'assistant');
	text(message.model);
	assert.equal(typeof message.stop_sequence,
		message.stop_reason === 'stop_sequence' ? 'string' : 'object');
	checkUsage(message.usage);
}

// Checks a whole reply and returns it.
export function checkMessage(message) {
	checkHead(message);
	assert.ok(STOP.includes(message.stop_reason), message.stop_reason);
	checkContent(message.content, message.stop_reason);
	return message;
}

// Checks the error of a reply or of a stream's last event.
export function checkError(body, status) {
	members(body, 'type', 'error', 'request_id');
	assert.equal(body.type, 'error');
	assert.match(body.request_id, /^req_[A-Za-z0-9]{24,}$/);
	members(body.error, 'type', 'message');
	text(body.error.message);
	assert.notEqual(body.error.message, '');
	if (status)
		assert.equal(body.error.type, ERRORS[status]);
	else
		assert.ok(Object.values(ERRORS).includes(body.error.type));
	return body.error;
}

// The events of a raw stream, each with its name.
export function eventsOf(raw) {
	assert.ok(raw.endsWith('\n\n'), `it is cut: ${raw.slice(-100)}`);
	return raw.slice(0, -2).split('\n\n').map((event) => {
		const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event)
			|| assert.fail(`no event: ${event}`);
		const body = JSON.parse(data);
		assert.equal(body.type, name);
		return body;
	});
}

const deltas = {
	text_delta: ['text', 'text'],
	thinking_delta: ['thinking', 'thinking'],
	input_json_delta: ['tool_use', 'partial_json'],
	signature_delta: ['thinking', 'signature'],
	citations_delta: ['text', 'citation'],
};

// Assembles the message from its events.
class Fold {
	message = null;
	open = null;
	failure = null;
	pings = 0;
	told = false;
	ended = false;

	take(event) {
		assert.ok(!this.ended && !this.failure, 'events behind the end');
		assert.ok(this.message || event.type === 'message_start'
			|| event.type === 'error');
		assert.equal(typeof this[event.type], 'function', event.type);
		this[event.type](event);
	}

	message_start(event) {
		members(event, 'type', 'message');
		assert.equal(this.message, null);
		checkHead(event.message);
		assert.deepEqual(event.message.content, []);
		assert.equal(event.message.stop_reason, null);
		assert.ok(event.message.usage.input_tokens > 0);
		this.message = structuredClone(event.message);
	}

	ping(event) {
		members(event, 'type');
		this.pings++;
	}

	content_block_start(event) {
		members(event, 'type', 'index', 'content_block');
		assert.equal(this.open, null, 'blocks overlap');
		assert.ok(!this.told);
		assert.equal(event.index, this.message.content.length);
		const empty = { text: { type: 'text', text: '' },
			thinking: { type: 'thinking', thinking: '', signature: '' },
			tool_use: { type: 'tool_use', id: event.content_block.id,
				name: event.content_block.name, input: {} } };
		assert.deepEqual(event.content_block,
			empty[event.content_block.type]);
		this.open = structuredClone(event.content_block);
		this.json = '';
	}

	content_block_delta(event) {
		members(event, 'type', 'index', 'delta');
		assert.equal(event.index, this.message.content.length);
		const { type } = event.delta;
		const [block, member] = deltas[type] || assert.fail(type);
		members(event.delta, 'type', member);
		assert.equal(this.open.type, block);
		const value = event.delta[member];
		if (type === 'citations_delta') {
			assert.notEqual(this.open.text, '');
			(this.open.citations ||= []).push(value);
			return;
		}
		text(value);
		assert.notEqual(value, '', `an empty ${type}`);
		assert.ok(!this.open.signature, 'the signature is the last');
		if (type === 'input_json_delta')
			this.json += value;
		else
			this.open[member] += value;
	}

	content_block_stop(event) {
		members(event, 'type', 'index');
		assert.equal(event.index, this.message.content.length);
		if (this.open.type === 'tool_use')
			this.cut = !this.#parse();
		this.message.content.push(this.open);
		this.open = null;
	}

	#parse() {
		try {
			this.open.input = JSON.parse(this.json || '{}');
			return true;
		} catch {
			return false;
		}
	}

	message_delta(event) {
		members(event, 'type', 'delta', 'usage');
		members(event.delta, 'stop_reason', 'stop_sequence');
		assert.equal(this.open, null);
		assert.ok(!this.told);
		this.told = true;
		checkUsage(event.usage);
		Object.assign(this.message, event.delta, { usage: event.usage });
		if (this.cut)
			assert.equal(this.message.stop_reason, 'max_tokens');
	}

	message_stop(event) {
		members(event, 'type');
		assert.ok(this.told);
		this.ended = true;
	}

	error(event) {
		this.failure = checkError(event);
	}
}

// Reads a raw stream: { message, pings, failure, ended }. Without a failure
// the message is complete and was checked.
export function checkStream(raw) {
	const fold = new Fold();
	for (const event of eventsOf(raw))
		fold.take(event);
	if (!fold.failure) {
		assert.ok(fold.ended, 'no message_stop');
		checkMessage(fold.message);
	}
	return fold;
}
