/** Longest text that is looked at. Bounds the work of the patterns below, whatever a container writes. */
const MAX_INPUT = 64 * 1024;

const ESCAPE = String.fromCodePoint(0x1b);
/** Colours and cursor movements of terminals. */
const ANSI_ESCAPE = new RegExp(String.raw`${ESCAPE}(?:\[[0-9;?]{0,16}[ -/]{0,4}[@-~]|[@-Z\\-_])`, 'g');
/** Control and format characters but line feed and tab: they move cursors, reorder text and hide what is there. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * What looks like a secret, and what stands in its place. Rather mask a digest too many than a password too few: the text
 * goes to Slack, e-mail and the journal.
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // scheme://user:password@host
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,128}:)[^\s/@]{1,512}@/gi, '$1***@'],
  // Authorization: Basic abc, "authorization": "Bearer abc"
  [/(\bauthorization["']?\s{0,4}[:=]\s{0,4}["']?)(?:[a-z]{1,20}\s{1,4})?[^\s"',;]{1,4096}/gi, '$1***'],
  [/(\b(?:bearer|basic)\s{1,4})[\w.~+/=-]{8,4096}/gi, '$1***'],
  // password=abc, DB_PASSWORD: "a b", "api-key": 'abc', --token abc
  [
    /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|session[-_]?id|cookie)[\w-]{0,40}["']?\s{0,4}[:=]\s{0,4})(?:"[^"\n]{0,4096}"|'[^'\n]{0,4096}'|[^\s"',;&]{1,4096})/gi,
    '$1***',
  ],
  [/(--[\w-]{0,40}(?:password|passwd|secret|token|key)\s{1,4})[^\s-][^\s]{0,4096}/gi, '$1***'],
  // PEM blocks, also when the tail begins in the middle of one
  [/-----BEGIN [A-Z ]{1,40}-----[\s\S]{0,16384}?(?:-----END [A-Z ]{1,40}-----|$)/g, '***'],
  // JSON Web Tokens, cloud access keys, tokens with the prefixes of well-known issuers
  [/\beyJ[\w-]{8,4096}\.[\w-]{4,4096}(?:\.[\w-]{0,4096})?/g, '***'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '***'],
  [/\b(?:gh[opsur]|github_pat|glpat|xox[abeoprs]|sk|pk|rk|npm|hf)[-_][\w-]{16,512}/g, '***'],
  // Long runs of hex or base64
  [/\b[A-Fa-f0-9]{32,4096}\b/g, '***'],
  [/(?<![\w+/])(?=[\w+/]{0,64}\d)(?=[\w+/]{0,64}[A-Z])(?=[\w+/]{0,64}[a-z])[A-Za-z0-9+/_]{40,4096}={0,2}/g, '***'],
];

/**
 * The last `maxBytes` bytes of a log: without control characters, with what looks like a secret masked, cut at the start
 * of a line where possible. Untrusted text stays untrusted: whoever shows it escapes it.
 */
export function cleanTail(text: string, maxBytes: number): string {
  const cleaned = mask(stripControl(text.slice(-MAX_INPUT))).trim();
  const bytes = Buffer.from(cleaned, 'utf8');
  if (bytes.length <= maxBytes) return cleaned;
  const cut = bytes.subarray(bytes.length - maxBytes).toString('utf8');
  // The cut may stand in the middle of a character or a line; the broken piece goes.
  const lineEnd = cut.indexOf('\n');
  return lineEnd === -1 ? cut.replace(/^\uFFFD+/, '') : cut.slice(lineEnd + 1);
}

/** One line of at most `maxLength` characters, without control characters and with what looks like a secret masked. */
export function cleanLine(text: string, maxLength = 300): string {
  const line = mask(stripControl(text.slice(0, MAX_INPUT)))
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}

function stripControl(text: string): string {
  return text.replace(ANSI_ESCAPE, '').replace(CONTROL, (char) => (char === '\n' || char === '\t' ? char : ''));
}

function mask(text: string): string {
  return SECRETS.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);
}
