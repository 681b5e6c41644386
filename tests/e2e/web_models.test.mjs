// SPDX-License-Identifier: MIT
// Kimi web's models: their names, which of them old names mean, and how much
// they are asked to think.

import assert from 'node:assert/strict';
import { call, chat, say, scene, stream } from './lib/http.mjs';
import { paths, unary } from './lib/connect.mjs';
import { codeKey, messageOf } from './lib/kimi.mjs';
import { chatsWith, onlyChat, webKey } from './lib/web.mjs';
import { answerOf, finished, withSite } from './lib/suite.mjs';

const settings = { KIMI_WEB_PROTOCOL: 'current' };
const text = 'Grüße, 世界! 🌍';

withSite('models of Kimi web', 'lighttpd_fastcgi', { settings },
	async (check, site) => {
		await Promise.all([
			check('thinking follows the model and the client',
				thinking),
			check('models come from Kimi\'s list', listed),
			check('... and a name that Kimi Code has is Kimi Code\'s',
				shared),
		]);
		await check('k2 and k1.5 mean what the service prefers', preferred);

		// The model, the client's words, what Kimi is asked.
		async function thinking() {
			const NONE = [false, 'REASONING_EFFORT_NONE'];
			const LOW = [true, 'REASONING_EFFORT_LOW'];
			const rows = [['k2', {}, NONE], ['k1.5', {}, LOW],
				['k2', { reasoning_effort: 'high' }, LOW],
				['k2', { reasoning_effort: 'none' }, NONE],
				['k2', { thinking: { type: 'enabled' } }, LOW],
				['k1.5', { thinking: { type: 'disabled' } }, LOW]];
			await Promise.all(rows.map(async ([model, more, wanted], i) => {
				const word = `think-${i}.`;
				const body = say(scene({ answer: text, cut_bytes: 5,
					...(wanted[0] ? { reasoning: `Hm, ${text}` } : {}) },
				word), { model, ...more });
				const r = await chat(site, body);
				assert.equal(answerOf(r), text);
				for (const m of [r.json.choices[0].message,
					messageOf(await finished(stream(site, body)))]) {
					assert.equal(m.content, text);
					assert.equal(m.reasoning_content || '',
						wanted[0] ? `Hm, ${text}` : '');
				}
				for (const { body: { options } } of
					await chatsWith(site, word))
					assert.deepEqual([options.thinking,
						options.reasoning_effort], wanted, word);
			}));
		}

		async function listed() {
			const rows = [['k3-agent', {}, 'OK_COMPUTER', 'HIGH'],
				['k3-agent', { reasoning_effort: 'low' },
					'OK_COMPUTER', 'LOW'],
				['k3-agent', { reasoning_effort: 'xhigh' },
					'OK_COMPUTER', 'MAX'],
				['k3-agent', { reasoning_effort: 'none' },
					'OK_COMPUTER', 'LOW'],
				['k3-agent-swarm', {}, 'OK_COMPUTER_SWARM', 'HIGH'],
				['k28-agent-preview', {}, 'OK_COMPUTER', undefined],
				['k2d6-chat', {}, 'CHAT', 'NONE'],
				['k2d6-chat', { reasoning_effort: 'max' }, 'CHAT', 'LOW'],
				['k2d6-chat', { thinking: { type: 'enabled' } }, 'CHAT',
					'LOW'],
				// By the entry's key.
				['k3-agent', { as: 'k3', reasoning_effort: 'max' },
					'OK_COMPUTER', 'MAX'],
				['k2d6-chat', { as: 'k2d6' }, 'CHAT', 'NONE'],
				['k28-agent-preview', { as: 'k28-preview' }, 'OK_COMPUTER',
					undefined],
				['k3-agent-swarm', { as: 'k3-agent-ultra' },
					'OK_COMPUTER_SWARM', 'HIGH']];
			await Promise.all(rows.map(async ([model, { as, ...more },
				scenario, effort], i) => {
				const word = `listed-${i}.`;
				const r = await chat(site, say(word, {
					model: as || model, ...more }));
				assert.match(answerOf(r), /You said: listed/);
				assert.equal(r.json.model, model);
				const agent = scenario !== 'CHAT';
				const thinks = agent || effort !== 'NONE';
				assert.equal(!!r.json.choices[0].message
					.reasoning_content, thinks);
				const body = await onlyChat(site, word);
				assert.equal(body.scenario, `SCENARIO_${scenario}`);
				assert.equal(body.message.scenario, body.scenario);
				assert.deepEqual(body.options, { thinking: thinks, model,
					...(effort ? { reasoning_effort:
						`REASONING_EFFORT_${effort}` } : {}),
					...(agent ? { kimiplus_id: 'ok-computer' } : {}) });
			}));
			const { data } = (await call(site, '/v1/models')).json;
			const ids = data.map((m) => m.id);
			for (const [name, there] of [['k3-agent', 1], ['k3', 0],
				['k2d6', 0], ['k3-agent-ultra', 0], ['k3-agent-swarm', 1]])
				assert.equal(ids.filter((id) => id === name).length, there,
					name);
			const one = await call(site, '/v1/models/k3');
			assert.equal(one.json.id, 'k3-agent');
		}

		async function shared() {
			const key = `${webKey()},${codeKey()}`;
			for (const [name, service] of [['k3', 'code'],
				['k3-agent', 'connect'], ['k2d6', 'connect']]) {
				const r = await chat(site, say(`shared-${name}.`,
					{ model: name }), { key });
				assert.match(answerOf(r), /You said: shared/);
				const [sent] = (await site.fake.requests()).filter((q) =>
					JSON.stringify(q.body).includes(`shared-${name}.`));
				assert.equal(sent.service, service);
			}
			const { data } = (await call(site, '/v1/models', { key })).json;
			assert.equal(data.filter((m) => m.id === 'k3').length, 1);
		}

		async function preferred() {
			const { json } = await unary(site.fake, '', paths.models, {});
			// The page names it by its id.
			for (const model of ['k3-agent', 'k3']) {
				const key = webKey();
				await site.fake.settings({ models: { ...json,
					defaultScenario: { scenario: 'SCENARIO_OK_COMPUTER',
						model } } });
				for (const [name, more, effort] of [['k2', {}, 'LOW'],
					['k2', { reasoning_effort: 'high' }, 'HIGH'],
					['k1.5', {}, 'HIGH'],
					['k1.5', { reasoning_effort: 'xhigh' }, 'MAX'],
					['k1.5', { thinking: { type: 'disabled' } }, 'LOW']]) {
					const word = `preferred-${model}-${name}-${
						JSON.stringify(more).length}`;
					answerOf(await chat(site, say(word,
						{ model: name, ...more }), { key }));
					const { options, scenario } = await onlyChat(site, word);
					assert.equal(scenario, 'SCENARIO_OK_COMPUTER');
					assert.deepEqual(options, { thinking: true,
						model: 'k3-agent', kimiplus_id: 'ok-computer',
						reasoning_effort: `REASONING_EFFORT_${effort}` });
				}
			}
			await site.fake.settings({ models: null });
		}
	});
