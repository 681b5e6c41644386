// SPDX-License-Identifier: MIT
// Tokens in Kimi's format; the signature is not checked.

const part = (object) =>
	Buffer.from(JSON.stringify(object)).toString('base64url');

export function jwt(typ, sub, seconds = 900) {
	const iat = Math.floor(Date.now() / 1000);
	return [part({ alg: 'HS512', typ: 'JWT' }),
		part({ iss: 'user-center', app_id: 'kimi', typ, sub, iat,
			exp: iat + seconds, jti: sub }),
		Buffer.from(`signature of ${sub}`).toString('base64url')].join('.');
}

export const accessToken = (sub, seconds) => jwt('access', sub, seconds);
export const refreshToken = (sub, seconds = 86400 * 30) =>
	jwt('refresh', sub, seconds);
