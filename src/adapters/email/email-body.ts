import type { Message } from '../../notify/message.ts';
import { htmlText, plainText } from '../../notify/text.ts';

const MAX_LINE = 1000;
const MAX_STATUS = 2000;
const MAX_TITLE = 250;

const DARK_BLUE = '#1A237E';
const LIGHT_GREY = '#F5F5F5';
const TEAL = '#009688';

/** The plain half of an e-mail: everything the other half says. */
export function textBody(message: Message): string {
  const sections = message.sections.map(({ heading, lines }) =>
    [plainText(heading, 100), ...lines.map((line) => `  - ${plainText(line, MAX_LINE)}`)].join('\n'),
  );
  const parts = [
    `${plainText(message.title, MAX_TITLE)}\n${plainText(message.status, MAX_STATUS)}`,
    ...sections,
    `Next step\n  ${plainText(message.nextStep, MAX_LINE)}`,
    [`AutoHeal, ${plainText(message.incident, 100)}`, message.link ?? [], message.dashboard ?? []].flat().join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The HTML half: one column that fits a phone, inline styles, no images, nothing loaded from anywhere. */
export function htmlBody(message: Message): string {
  const { colour, link, dashboard } = message;
  const title = htmlText(message.title, MAX_TITLE);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${title}</title>
</head>
<body style="margin:0;padding:0;background:${LIGHT_GREY};">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:${LIGHT_GREY};">
<tr><td align="center" style="padding:16px 8px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#FFFFFF;${FONT}">
<tr><td style="background:${DARK_BLUE};color:#FFFFFF;padding:16px 24px;font-size:18px;font-weight:bold;">${title}</td></tr>
<tr><td style="border-left:6px solid ${colour};padding:16px 18px;font-size:16px;">${htmlText(message.status, MAX_STATUS)}</td></tr>
${message.sections.map(({ heading, lines }) => htmlSection(heading, lines)).join('\n')}
<tr><td style="padding:12px 24px;background:${LIGHT_GREY};"><b style="color:${TEAL};">Next step</b><br>${htmlText(message.nextStep, MAX_LINE)}</td></tr>
${link === undefined ? '' : htmlLink(link, 'Open the incident')}
${dashboard === undefined ? '' : htmlLink(dashboard, 'Show the dashboard')}
<tr><td style="padding:12px 24px;color:#616161;font-size:12px;">AutoHeal, ${htmlText(message.incident, 100)}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

const FONT =
  "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:14px;line-height:1.5;color:#212121;";

function htmlSection(heading: string, lines: readonly string[]): string {
  const items = lines.map((line) => `<li style="overflow-wrap:anywhere;">${htmlText(line, MAX_LINE)}</li>`).join('\n');
  return `<tr><td style="padding:8px 24px;"><b style="color:${DARK_BLUE};">${htmlText(heading, 100)}</b>
<ul style="margin:4px 0;padding-left:20px;">
${items}
</ul></td></tr>`;
}

function htmlLink(link: string, text: string): string {
  // The link is an http(s) address with its quotes encoded; only its ampersands mean something in HTML.
  const href = link.replaceAll('&', '&amp;');
  return `<tr><td style="padding:12px 24px;"><a href="${href}" style="display:inline-block;background:${TEAL};color:#FFFFFF;padding:10px 18px;text-decoration:none;">${text}</a></td></tr>`;
}
