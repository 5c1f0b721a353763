import type { FastifyReply, FastifyRequest } from 'fastify';

import { refuse } from './answers.ts';
import type { Authenticator } from './auth.ts';

/**
 * What a request must pass before its body is read. True lets it on; otherwise the gate has answered it. Must not throw.
 */
export type Gate = (request: FastifyRequest, reply: FastifyReply) => boolean;

/** One `onRequest` hook of several gates, in order: a hook for each would cost more than most of them do. */
export function hookOf(
  gates: readonly Gate[],
): (request: FastifyRequest, reply: FastifyReply, pass: () => void) => void {
  return function passGates(request, reply, pass) {
    for (const gate of gates) if (!gate(request, reply)) return;
    pass();
  };
}

/** Lets in who may talk to AutoHeal. */
export function makeAuthGate(authenticator: Authenticator): Gate {
  return function authGate(request, reply) {
    if (!authenticator.admits(request.headers.authorization)) {
      reply.header('www-authenticate', authenticator.challenge);
      refuse(reply, 'UNAUTHORIZED', 'send the credentials that AutoHeal is configured with');
      return false;
    }
    // A browser adds Origin to what a page posts. Without this, any page that a person has open could approve a remedy
    // through that person's cached credentials, or through a listener on loopback that asks for none.
    if (request.method !== 'GET' && request.headers.origin !== undefined) {
      refuse(reply, 'CROSS_ORIGIN', 'requests from web pages are not taken');
      return false;
    }
    return true;
  };
}

/** Turns away what changes something while the service shuts down: the sender tries the next replica or again. */
export function makeDrainGate(draining: () => boolean): Gate {
  return function drainGate(_request, reply) {
    if (!draining()) return true;
    reply.header('connection', 'close');
    refuse(reply, 'NOT_READY', 'AutoHeal is shutting down');
    return false;
  };
}

// The number of connections bounds what these take together.
const SMALL_BODY = 64 * 1024;

/**
 * Keeps the large bodies that are being read at one time under `maxBytes` together. A body of unknown length counts as
 * `bodyLimit`; one body alone always passes, so that a limit below it does not shut it out for ever.
 */
export function makeBodyGate(limits: { readonly maxBytes: number; readonly bodyLimit: number }): Gate {
  let reading = 0;

  return function bodyGate(request, reply) {
    const bytes = Math.min(Number(request.headers['content-length'] ?? limits.bodyLimit), limits.bodyLimit);
    if (bytes <= SMALL_BODY) return true;
    if (reading > 0 && reading + bytes > limits.maxBytes) {
      reply.header('connection', 'close');
      refuse(reply, 'NOT_READY', 'too many large webhooks at once');
      return false;
    }
    reading += bytes;
    // `close` comes exactly once, whether the answer was sent or the sender went away.
    reply.raw.once('close', () => {
      reading -= bytes;
    });
    return true;
  };
}
