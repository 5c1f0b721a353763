import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { request } from 'undici';
import { parse, stringify } from 'yaml';
import { startSmtpServer } from '../fakes/smtp-server.ts';
import { startReceiver, type Receiver } from '../rules/receiver.ts';
import { textOf } from '../rules/shipped.ts';
import { startAlertmanager } from '../support/monitoring.ts';
import { describeWithParts, eventually, type Running } from '../support/parts.ts';

/** The stack's own configuration, with the addresses of a test and hardly any waiting. */
function fastConfig(at: { readonly webhook: string; readonly smtp: string }): string {
  // The file is ours; the other suite of this folder holds it to the programs' schemas.
  const { configs } = parse(textOf('docker-compose.yml')) as {
    readonly configs: { readonly alertmanager: { readonly content: string } };
  };
  const text = configs.alertmanager.content
    .replace('http://autoheal:9095/alert', `http://${at.webhook}/alert`)
    .replace('mail:1025', at.smtp)
    .replaceAll(/group_wait: \w+/g, 'group_wait: 1s');
  return stringify(parse(text));
}

describeWithParts('the Alertmanager of the local stack', ['alertmanager'], (parts) => {
  const folder = mkdtempSync(join(tmpdir(), 'autoheal-on-call-'));
  const running: { stop(): Promise<void> }[] = [];
  let alertmanager: Running | undefined;
  let receiver: Receiver | undefined;
  let mailbox: Awaited<ReturnType<typeof startSmtpServer>> | undefined;

  beforeAll(async () => {
    receiver = await startReceiver();
    mailbox = await startSmtpServer();
    running.push(receiver, mailbox);
    const config = fastConfig({ webhook: receiver.address, smtp: `127.0.0.1:${mailbox.port}` });
    writeFileSync(join(folder, 'alertmanager.yml'), config);
    alertmanager = await startAlertmanager({ parts, folder });
    running.push(alertmanager);
  }, 30_000);

  afterAll(async () => {
    for (const each of running.reverse()) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('mails what is wrong with AutoHeal to people, and sends it what it can act on', async () => {
    const self = { alertname: 'AutoHealStoreSlow', autoheal: 'self', namespace: 'autoheal', job: 'autoheal' };
    const pod = { alertname: 'AutoHealPodNotReady', autoheal: 'true', namespace: 'shop', pod: 'cart-1' };

    await request(`${alertmanager?.url ?? ''}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ labels: self }, { labels: pod }]),
    });
    const mail = await eventually('the mail', 15, async () => mailbox?.mails[0]);
    const sent = await eventually('the webhook', 15, async () => [...(receiver?.alerts() ?? [])][0]);

    expect(mail.to).toEqual(['on-call@localhost']);
    expect(mail.headers.get('subject')).toContain('AutoHealStoreSlow');
    expect(JSON.stringify(sent)).toContain('AutoHealPodNotReady');
    expect(receiver?.alerts().size).toBe(1);
    expect(mailbox?.mails).toHaveLength(1);
  }, 40_000);
});
