import type { Config } from '../config/config.ts';

/** Shorter than this, a secret would black out ordinary words; the configuration takes no such token or password. */
const SHORTEST = 6;

/**
 * Takes every secret of a configuration out of a text, in whatever error it was quoted. The text is otherwise as it was.
 *
 * @param more - secrets from elsewhere, such as a token of the command line.
 */
export function makeRedactor(config: Config | undefined, more: readonly string[] = []): (text: string) => string {
  const secrets = [...(config === undefined ? [] : secretsOf(config)), ...more].filter(
    ({ length }) => length >= SHORTEST,
  );
  // The longest first: one may be a part of another.
  const ordered = [...new Set(secrets)].sort((one, other) => other.length - one.length);
  return (text) => ordered.reduce((cleaned, secret) => cleaned.replaceAll(secret, '***'), text);
}

function secretsOf({ server, cluster, prometheus, alertmanager, notify }: Config): readonly string[] {
  const { auth } = server;
  const tokens = auth.mode === 'bearer' ? auth.tokens : auth.mode === 'basic' ? [auth.password] : [];
  const outside = [prometheus, alertmanager].flatMap((each) => (each === undefined ? [] : [each]));
  const headers = outside.flatMap((each) => Object.values(each.headers));
  // `Bearer abc`: the part behind the scheme may be quoted alone.
  const credentials = headers.flatMap((value) => [value, value.split(' ').at(-1) ?? '']);
  const inUrls = [...outside.map(({ url }) => url), cluster.server ?? ''].flatMap(passwordOf);
  const own = [cluster.token, notify.slack?.token, notify.email?.password].flatMap((each) => each ?? []);
  return [...tokens, ...credentials, ...inUrls, ...own];
}

function passwordOf(url: string): readonly string[] {
  if (!URL.canParse(url)) return [];
  const { password } = new URL(url);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}

/** An address as it may be shown: without user and password. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  return shown.href.replace(/\/$/, '');
}
