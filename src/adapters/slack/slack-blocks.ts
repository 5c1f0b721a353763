import type { Message, Severity } from '../../notify/message.ts';
import type { Section } from '../../notify/sections.ts';
import { slackText } from '../../notify/text.ts';

/** A section or context of mrkdwn text. `verbatim` keeps Slack from finding links and mentions in it by itself. */
type Mrkdwn = { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };
export type SlackBlock =
  { readonly type: 'section'; readonly text: Mrkdwn } | { readonly type: 'context'; readonly elements: Mrkdwn[] };

/** A message as Slack takes it: blocks, and the text that stands in notifications and where blocks cannot be shown. */
export interface SlackBody {
  readonly text: string;
  readonly blocks: SlackBlock[];
}

/** Source: Slack, "Block Kit reference": 50 blocks a message, 3,000 characters a text of a section. */
const MAX_BLOCKS = 50;
const MAX_BLOCK_TEXT = 3000;
const MAX_LINE = 600;
const MAX_TITLE = 250;
const MAX_STATUS = 1200;
const MAX_FALLBACK = 1000;

const DOTS = { good: '🟢', info: '🔵', warning: '🟠', critical: '🔴' } as const satisfies Record<Severity, string>;

/** The whole of a message: the root of an incident's thread, edited in place as the incident goes on. */
export function rootBody(message: Message): SlackBody {
  const links = linkTo(message.link, 'open') + linkTo(message.dashboard, 'dashboard');
  const blocks = [
    section(`${DOTS[message.severity]} ${bold(message.title, MAX_TITLE)}\n${slackText(message.status, MAX_STATUS)}`),
    ...message.sections.map(sectionBlock),
    section(`*Next step*\n${slackText(message.nextStep, MAX_LINE)}`),
    context(`AutoHeal · ${slackText(message.incident, 100)}${links}`),
  ];
  return { text: fallback(message), blocks: blocks.slice(0, MAX_BLOCKS) };
}

/** A link, where there is an address; its quotes, bars and angle brackets are encoded, its ampersands are not yet. */
function linkTo(address: string | undefined, text: string): string {
  return address === undefined ? '' : ` · <${address.replaceAll('&', '&amp;')}|${text}>`;
}

/** What is new at a milestone: a reply in the thread, which those who follow it are told of. */
export function replyBody(message: Message): SlackBody {
  const verification = message.sections.filter((each) => each.heading === 'Verification').map(sectionBlock);
  const blocks = [
    section(`${DOTS[message.severity]} ${slackText(message.status, MAX_STATUS)}`),
    ...verification,
    section(`*Next step*\n${slackText(message.nextStep, MAX_LINE)}`),
  ];
  return { text: fallback(message), blocks };
}

function fallback(message: Message): string {
  return slackText(`${message.title}. ${message.status}`, MAX_FALLBACK);
}

function sectionBlock({ heading, lines }: Section): SlackBlock {
  return section(`${bold(heading, 100)}\n${bulleted(lines, MAX_BLOCK_TEXT - 200)}`);
}

/** As many lines as fit, each whole, and how many did not. */
function bulleted(lines: readonly string[], max: number): string {
  const bullets = lines.map((line) => `• ${slackText(line, MAX_LINE)}`);
  let kept = '';
  for (const [index, bullet] of bullets.entries()) {
    if (kept.length + bullet.length + 1 > max) return `${kept}\n• … and ${bullets.length - index} more`;
    kept = kept === '' ? bullet : `${kept}\n${bullet}`;
  }
  return kept;
}

function bold(text: string, max: number): string {
  return `*${slackText(text, max)}*`;
}

function section(text: string): SlackBlock {
  return { type: 'section', text: mrkdwn(text) };
}

function context(text: string): SlackBlock {
  return { type: 'context', elements: [mrkdwn(text)] };
}

function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}
