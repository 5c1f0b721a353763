import { hash, timingSafeEqual } from 'node:crypto';

import { AutoHealError } from '../domain/errors.ts';

/** Who may post webhooks and answer approvals: the configuration's `server.auth`, which has the same shape. */
export type AuthRule =
  /** One token, or two while they are rotated. */
  | { readonly mode: 'bearer'; readonly tokens: readonly string[] }
  | { readonly mode: 'basic'; readonly username: string; readonly password: string }
  /** Everybody who can connect. The configuration allows it on a loopback address only. */
  | { readonly mode: 'none' };

export interface Authenticator {
  /** Whether the Authorization header of a request is good. Takes the same time wherever a wrong secret differs. */
  readonly admits: (authorization: string | undefined) => boolean;
  /** The WWW-Authenticate header of a 401. */
  readonly challenge: string;
}

/**
 * The check for a rule. Keeps only SHA-256 digests of the secrets. White space around a bearer token does not count: files
 * that hold one end in a new line.
 *
 * @throws AutoHealError `CONFIG_INVALID` when a secret is empty or missing, or a username holds a colon, which basic cannot carry.
 */
export function makeAuthenticator(rule: AuthRule): Authenticator {
  switch (rule.mode) {
    case 'bearer': {
      if (rule.tokens.length === 0) throw new AutoHealError('CONFIG_INVALID', 'there is no bearer token');
      const digests = rule.tokens.map((token) => digest(nonEmpty(token).trim()));
      return {
        admits: (authorization) => matchesAny(digests, credentialsOf(authorization, 'bearer')),
        challenge: 'Bearer realm="autoheal"',
      };
    }
    case 'basic': {
      if (rule.username.includes(':')) {
        throw new AutoHealError('CONFIG_INVALID', 'the username of basic authentication must not hold a colon');
      }
      const digests = [digest(`${nonEmpty(rule.username)}:${nonEmpty(rule.password)}`)];
      return {
        admits: (authorization) => matchesAny(digests, decodeBase64(credentialsOf(authorization, 'basic'))),
        challenge: 'Basic realm="autoheal", charset="UTF-8"',
      };
    }
    case 'none':
      return { admits: () => true, challenge: 'Bearer realm="autoheal"' };
  }
}

// Digests have one length, so comparing them tells nothing about the length of the secret either.
function digest(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

// Every digest is compared, so that the time does not tell which of two tokens was nearly right.
function matchesAny(digests: readonly Buffer[], presented: string | undefined): boolean {
  if (presented === undefined) return false;
  const candidate = digest(presented);
  let matches = 0;
  for (const known of digests) matches += timingSafeEqual(known, candidate) ? 1 : 0;
  return matches > 0;
}

function credentialsOf(authorization: string | undefined, scheme: string): string | undefined {
  if (authorization === undefined) return undefined;
  const space = authorization.indexOf(' ');
  if (space < 0 || authorization.slice(0, space).toLowerCase() !== scheme) return undefined;
  return authorization.slice(space + 1).trim();
}

function decodeBase64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString('utf8');
}

function nonEmpty(secret: string): string {
  if (secret.trim() === '') throw new AutoHealError('CONFIG_INVALID', 'an authentication secret is empty');
  return secret;
}
