/**
 * Text that did not come from us, made harmless for the place it is put into. Labels, annotations, logs and answers of
 * other systems may hold anything: mark-up, mentions, escape sequences, or a megabyte.
 */

const ELLIPSIS = '…';

/** Escape sequences of terminals: CSI, OSC up to its end, and the short ones. Source: ECMA-48, 5.3 to 5.6. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const ANSI = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[ -/]*[0-~]/g;

/** Characters that show nothing or reorder what is shown: controls, bidi marks and overrides, zero-width ones, tags. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * One line of visible text: no control characters, terminal sequences, direction overrides or lone surrogates, and white
 * space collapsed. At most `max` UTF-16 units long; what is longer ends in an ellipsis.
 */
export function plainText(text: string, max: number): string {
  return bounded(visible(text, max), max, (character) => character);
}

/**
 * As `plainText`, for Slack's mrkdwn: `&`, `<` and `>` are escaped, so there is no mention, link or command; what would
 * format, mention or link by itself is replaced by a look-alike. `max` counts the escaped text, and no escape is cut.
 *
 * Source: Slack, "Formatting text for app surfaces" (escaping, auto-parsing).
 */
export function slackText(text: string, max: number): string {
  const defanged = visible(text, max)
    .replaceAll('@', '＠')
    .replaceAll('://', '[:]//')
    // Wherever it stands: what Slack takes for the edge of a word is not written down.
    .replaceAll(/www\./gi, 'www[.]')
    .replaceAll('`', 'ˋ');
  // Last, since a cut can leave a mark at the end of a word that stood between two letters before.
  return bounded(defanged, max, (character) => ENTITIES[character] ?? character).replaceAll(
    FORMATTING,
    (mark) => LOOK_ALIKES[mark] ?? ' ',
  );
}

/** As `plainText`, for the content and the quoted attributes of HTML. `max` counts the text before it is escaped. */
export function htmlText(text: string, max: number): string {
  return plainText(text, max).replaceAll(/[&<>"'`]/g, (character) => HTML_ENTITIES[character] ?? '');
}

/** Slack's marks for bold, italic and struck, where they could format: not between two letters, as in `error_ratio`. */
const FORMATTING = /(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])/gu;

const LOOK_ALIKES: Readonly<Record<string, string>> = { '*': '∗', _: 'ˍ', '~': '∼' };
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const HTML_ENTITIES: Readonly<Record<string, string>> = {
  ...ENTITIES,
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function visible(text: string, max: number): string {
  // Far more than can be shown is not even looked at, so that the work is bounded by `max` too.
  const looked = max * LOOKED_AT + LOOKED_AT_LEAST;
  const head = text.length > looked ? text.slice(0, looked) + ELLIPSIS : text;
  return head
    .toWellFormed()
    .replaceAll(ANSI, '')
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(INVISIBLE, '')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}

const LOOKED_AT = 4;
const LOOKED_AT_LEAST = 1000;

/** The characters of a text, each written by `write`, as far as they fit; an ellipsis stands for the rest. */
function bounded(text: string, max: number, write: (character: string) => string): string {
  let kept = '';
  let withEllipsis = '';
  for (const character of text) {
    const next = kept + write(character);
    if (next.length > max) return withEllipsis + ELLIPSIS.slice(0, max);
    kept = next;
    if (kept.length <= max - ELLIPSIS.length) withEllipsis = kept;
  }
  return kept;
}
