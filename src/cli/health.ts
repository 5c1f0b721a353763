import { request } from 'undici';
import { AutoHealError, errorText } from '../domain/errors.ts';

const TIMEOUT_MS = 2_500;

/**
 * Asks a running service whether it takes alerts, for the health check of a container: silent when it does.
 *
 * @throws AutoHealError `NOT_READY` when it does not answer, or says no.
 */
export async function askHealth({ url }: { readonly url: string }): Promise<void> {
  const answer = await request(`${url}/readyz`, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS }).catch(
    (error: unknown) => {
      throw new AutoHealError('NOT_READY', `${url} does not answer: ${errorText(error)}`, { cause: error });
    },
  );
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new AutoHealError('NOT_READY', `${url} is not ready: ${text.slice(0, 500)}`);
}
