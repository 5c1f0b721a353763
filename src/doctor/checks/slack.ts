import { makeSlackExaminer, type SlackExaminer } from '../../adapters/slack/slack-examine.ts';
import { fail, notConfigured, ok, warn, type Check, type Finding } from '../finding.ts';

/** Whether Slack takes the token, and whether the app can post in the channel. */
export const slack: Check = {
  name: 'slack',
  timeoutMs: ({ config }) => 4 * (config.notify.slack?.timeoutMs ?? 0) + 1_000,
  async run({ config, log, wishes }) {
    const settings = config.notify.slack;
    if (settings === undefined) return notConfigured('slack', 'notify.slack');
    const examiner = makeSlackExaminer({ ...settings, log });
    const identity = await examiner.identity();
    if (identity.kind === 'failed') {
      const todo = 'check notify.slack.token, and that this machine or pod may connect to Slack';
      return [fail('slack', identity.detail, todo)];
    }
    const { user, team, scopes } = identity.value;
    if (scopes !== undefined && !scopes.includes('chat:write')) {
      const todo = 'add the scope chat:write to the Slack app and install it again';
      return [fail('slack', `the token of ${user} in ${team} may not post`, todo)];
    }
    const channel = await channelFinding(examiner, settings.channel);
    const sent = wishes.send === 'messages' && channel.state !== 'fail' ? [await postFinding(examiner)] : [];
    return [ok('slack', `the token is that of ${user} in ${team}`), channel, ...sent];
  },
};

async function channelFinding(examiner: SlackExaminer, id: string): Promise<Finding> {
  const found = await examiner.channel();
  if (found.kind === 'failed' && found.code === 'missing_scope') {
    const todo = 'add the scopes channels:read and groups:read, or try it with --send';
    return warn('slack/channel', `whether the app may post in ${id} cannot be seen with this token`, todo);
  }
  if (found.kind === 'failed') {
    const todo = 'set notify.slack.channel to the id of a channel (C...), and invite the app if it is private';
    return fail('slack/channel', `${id}: ${found.detail}`, todo);
  }
  const { name, isMember, isArchived } = found.value;
  if (isArchived) return fail('slack/channel', `#${name} is archived`, 'set notify.slack.channel to another one');
  if (!isMember) return fail('slack/channel', `the app is not in #${name}`, 'in that channel: /invite @<app>');
  return ok('slack/channel', `the app is in #${name}`);
}

async function postFinding(examiner: SlackExaminer): Promise<Finding> {
  const posted = await examiner.post('A test by `autoheal doctor`: messages of AutoHeal arrive here.');
  if (posted.kind === 'ok') return ok('slack/message', 'a test message was posted');
  return fail('slack/message', posted.detail, 'see what Slack says, and try again with --send');
}
