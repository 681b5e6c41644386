// SPDX-License-Identifier: MIT
// The outcome of a run, for people.

import { kinds } from './truth.mjs';

const SHOWN = 5; // examples of each kind of untruth

const words = [
	['questions', 'requests for a reply'],
	['faults', '... with a fault at Kimi'],
	['faultsOvercome', '... of these answered nevertheless'],
	['acknowledged', 'answers acknowledged'],
	['errors', 'errors told by the program'],
	['server', 'errors told by the web server alone'],
	['cut', 'connections cut'],
	['left', 'clients that left'],
	['kills', 'kills of the program'],
	['killed', '... processes'],
	['outages', 'outages of Kimi'],
	['interrupted', 'cut requests whose process was killed'],
	['unseenWithoutRow', 'requests without a row, of which nobody saw more'],
	['refusedWithoutRow', 'refused requests that are only counted'],
	['residue', 'deleted texts where SQLite had moved them'],
	['chatsLeft', 'chats left at Kimi'],
	['medianMs', 'median time of an answer, ms'],
	['slowestMs', 'longest time of an answer, ms'],
	['leaseMs', 'time until no lease was left, ms'],
];

const line = (what, n) => `  ${what.padEnd(54)} ${String(n).padStart(8)}`;

export function report({ wrong, figures }) {
	const lines = [`${figures.requests} requests on ${figures.mounts} mounts `
		+ `in ${Math.round(figures.trafficMs / 1000)} s, seed ${
			figures.seed}`, ...words.map(([name, what]) =>
		line(what, figures[name])), '', 'Wrong:'];
	for (const [what, text] of Object.entries(kinds)) {
		const found = wrong.filter((w) => w.what === what);
		lines.push(line(text, found.length),
			...found.slice(0, SHOWN).map((w) => `      ${
				w.text.slice(0, 400)}`));
	}
	return lines.join('\n');
}
