// SPDX-License-Identifier: MIT
// Limits and budgets of API keys, set as their owner would.

import { createHash } from 'node:crypto';
import { startSite } from './site.mjs';

const fingerprint = (key) => createHash('sha256').update(key).digest('hex');

// Columns of the key's row.
export const setKey = (site, key, columns) => site.query(`
	INSERT INTO keys (fingerprint, label, created_at)
	VALUES ('${fingerprint(key)}', '${key}', 0)
	ON CONFLICT (fingerprint) DO NOTHING;
	UPDATE keys SET ${Object.entries(columns).map(([name, value]) =>
		`${name} = ${typeof value === 'string' ? `'${value}'` : value}`)}
	WHERE fingerprint = '${fingerprint(key)}'`);

// budgets: { 'day tokens': amount, … }
export async function setBudgets(site, key, budgets) {
	await setKey(site, key, { label: key });
	for (const [name, amount] of Object.entries(budgets)) {
		const [period, unit] = name.split(' ');
		await site.query(`INSERT INTO budgets (key_id, period, unit, amount)
			SELECT id, '${period}', '${unit}', ${amount} FROM keys
			WHERE fingerprint = '${fingerprint(key)}'`);
	}
}

// { period, unit, used, reserved } of the key's budgets.
export const usesOf = (site, key) => site.query(`
	SELECT period, unit, used, reserved
	FROM budget_uses JOIN keys ON id = key_id
	WHERE fingerprint = '${fingerprint(key)}' ORDER BY period`);

// Rows of the key's requests.
export const requestsOf = (site, key) => site.query(`
	SELECT r.* FROM requests r JOIN keys k ON k.id = key_id
	WHERE fingerprint = '${fingerprint(key)}' ORDER BY seq`);

// A zone in which it is about noon, so that no day ends during the test.
export function zoneOfNoon() {
	const ahead = 12 - new Date().getUTCHours();
	return `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}

// Sites with one database and one Kimi: processes that know nothing of each
// other but what is in the file.
export async function startSites(settings) {
	const first = await startSite('lighttpd_daemon', { settings });
	const others = [];
	for (const mount of ['lighttpd_daemon', 'lighttpd_cgi'])
		others.push(await startSite(mount, { settings, db: first.db,
			fake: first.fake }));
	return [first, ...others];
}

export async function stopSites(sites) {
	for (const site of [...sites].reverse())
		await site.stop();
}
