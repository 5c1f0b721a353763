import type { ClusterWrite } from '../../domain/cluster-write.ts';
import { errorText } from '../../domain/errors.ts';
import type { WriteAnswer } from '../../ports/cluster.ts';
import { writeAnswerOf } from './answers.ts';
import { isPlainPath } from './paths.ts';
import { MAX_BODY_BYTES } from './reads.ts';
import { TransportError, type Transport } from './transport.ts';

/** The name under which AutoHeal's changes stand in `managedFields`. */
const FIELD_MANAGER = 'autoheal';

const VERBS = { PATCH: 'patch', POST: 'create', DELETE: 'delete' } as const;

/** Sends a write once, or asks what it would do. Never throws. */
export async function sendWrite(
  transport: Transport,
  write: ClusterWrite,
  options: { readonly dryRun: boolean },
): Promise<WriteAnswer> {
  const { method, path, contentType } = write;
  if (!isPlainPath(path)) {
    return { kind: 'refused', code: 'OTHER', status: 0, message: `${path} is no path of an object` };
  }
  const asked = { verb: VERBS[method], path };
  try {
    const answer = await transport({
      method,
      path,
      contentType,
      query: {
        ...(options.dryRun ? { dryRun: 'All' } : {}),
        ...(method === 'PATCH' || creates(write) ? { fieldManager: FIELD_MANAGER } : {}),
      },
      body: options.dryRun ? rehearsed(write) : write.body,
      maxBytes: MAX_BODY_BYTES,
    });
    return writeAnswerOf(answer, asked);
  } catch (error) {
    // Where no connection came about the server cannot have seen the write, and saying "maybe" would leave the incident
    // with an action that nobody can tell about. In every other case the write may have been done.
    if (error instanceof TransportError && !error.sent) {
      return { kind: 'refused', code: 'OTHER', status: 0, message: error.message };
    }
    return { kind: 'maybe', message: errorText(error) };
  }
}

/** An eviction and a deletion leave no fields that somebody could own. */
function creates({ method, path }: ClusterWrite): boolean {
  return method === 'POST' && !path.endsWith('/eviction');
}

/** The body of a dry run: an eviction carries the wish inside, in the options of the deletion that it stands for. */
function rehearsed({ path, body }: ClusterWrite): unknown {
  if (!path.endsWith('/eviction') || typeof body !== 'object' || body === null) return body;
  const given = 'deleteOptions' in body && typeof body.deleteOptions === 'object' ? body.deleteOptions : {};
  return { ...body, deleteOptions: { ...given, dryRun: ['All'] } };
}
