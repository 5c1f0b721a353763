import { makeEmailExaminer } from '../../adapters/email/email-examine.ts';
import { fail, notConfigured, ok, type Check } from '../finding.ts';

/** Whether the mail server takes the login; a mail is sent only when asked for. */
export const email: Check = {
  name: 'email',
  timeoutMs: ({ config }) => 4 * (config.notify.email?.timeoutMs ?? 0) + 1_000,
  async run({ config, wishes }) {
    const settings = config.notify.email;
    if (settings === undefined) return notConfigured('email', 'notify.email');
    const examiner = makeEmailExaminer(settings);
    const where = `${settings.host}:${settings.port}`;
    const verified = await examiner.verify();
    if (verified.kind === 'failed') {
      const todo =
        'check notify.email (host, port, secure, user, password), and that this machine or pod may connect there';
      return [fail('email', `${where}: ${verified.detail}`, todo)];
    }
    const login = settings.user === undefined ? 'without a login' : 'and takes the login';
    const reached = ok('email', `${where} answers ${login}`);
    if (wishes.send !== 'messages') return [reached];
    const sent = await examiner.send('AutoHeal: a test', 'A test by `autoheal doctor`: mails of AutoHeal arrive here.');
    if (sent.kind === 'ok')
      return [reached, ok('email/message', `a test mail was handed over for ${settings.to.join(', ')}`)];
    return [reached, fail('email/message', sent.detail, 'check notify.email.from and notify.email.to')];
  },
};
