import type { MailKind } from './mail-kinds.js';

/** What a mail's reader sees. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A mail's words; `action` is what its link says, null for one without a link. */
interface Template {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly action: string | null;
  readonly end: string;
}

const templates: Readonly<Record<MailKind, Template>> = {
  verify_email: {
    subject: 'Confirm your e-mail address',
    paragraphs: ['Somebody, you we hope, signed up with this address. Please confirm that it is yours.'],
    action: 'Confirm the address',
    end: 'The link is good for 24 hours. If you did not sign up, do nothing: the address stays unconfirmed.',
  },
  reset_password: {
    subject: 'Choose a new password',
    paragraphs: ['Somebody asked for a new password for the account with this address.'],
    action: 'Choose a new password',
    end: 'The link is good for 30 minutes and for one use. If you did not ask, do nothing: your password stays as it is.',
  },
  password_was_reset: {
    subject: 'Your password was changed',
    paragraphs: ['The password of the account with this address was changed just now, and everybody who was signed in with it was signed out.'],
    action: null,
    end: 'If that was not you, ask for a new password at once, and tell your administrator.',
  },
  password_was_changed: {
    subject: 'Your password was changed',
    paragraphs: ['Somebody who knew the password of the account with this address has changed it just now. Wherever else somebody was signed in with it, they were signed out.'],
    action: null,
    end: 'If that was not you, ask for a new password at once, and tell your administrator.',
  },
  change_email: {
    subject: 'Confirm your new e-mail address',
    paragraphs: ['Somebody, you we hope, asked for this to become the address of their account. Please confirm that it is yours.'],
    action: 'Confirm the address',
    end: 'The link is good for 24 hours and for one use. If you did not ask, do nothing.',
  },
  email_was_changed: {
    subject: 'Your e-mail address was changed',
    paragraphs: ['The account that had this address has another one now, and signs in with that.'],
    action: null,
    end: 'If that was not you, tell your administrator at once.',
  },
  second_factor_was_enabled: {
    subject: 'Signing in asks for a code now',
    paragraphs: ['The account with this address has a second factor from now on, and everybody else who was signed in with it was signed out.'],
    action: null,
    end: 'If that was not you, tell your administrator at once.',
  },
  second_factor_was_disabled: {
    subject: 'Signing in asks for no code any more',
    paragraphs: ['The second factor of the account with this address was given up just now.'],
    action: null,
    end: 'If that was not you, ask for a new password at once, and tell your administrator.',
  },
  second_factor_was_reset: {
    subject: 'Your second factor was taken away',
    paragraphs: ['An operator has taken away the second factor of the account with this address, as for somebody who has lost it, and everybody who was signed in with it was signed out. The password is as it was.'],
    action: null,
    end: 'If you did not ask for that, change your password at once, and tell your administrator.',
  },
  recovery_code_was_used: {
    subject: 'A recovery code was used',
    paragraphs: ['Somebody has signed in to the account with this address by one of its recovery codes.'],
    action: null,
    end: 'If that was not you, ask for a new password at once, and tell your administrator.',
  },
  credential_expires_soon: {
    subject: 'A credential of yours expires soon',
    paragraphs: ['A credential that you had verified in an organization expires within 30 days. What needs it is refused from then on.'],
    action: null,
    end: 'Submit the renewed one there, so that somebody can verify it in time.',
  },
  credential_has_expired: {
    subject: 'A credential of yours has expired',
    paragraphs: ['A credential that you had verified in an organization has expired. What needs it is refused from now on.'],
    action: null,
    end: 'Submit the renewed one there, so that somebody can verify it.',
  },
  operator_access_was_requested: {
    subject: 'An operator asks to look into your organization',
    paragraphs: ['An operator of the platform asks for access to an organization that you are an owner or admin of, for a limited time. Nothing is shown until one of you approves it.'],
    action: null,
    end: 'Sign in to see who asks, for what and why, and to approve or refuse it. Without an answer the request ends by itself.',
  },
  // Nothing in it is of the inviter's writing: whoever could choose its words would have strangers sent them in our name.
  invitation: {
    subject: 'You are invited to join an organization',
    paragraphs: ['Somebody invites you to work in their organization, with this address.', 'Sign in with the account of this address, or sign up with it first; then follow the link.'],
    action: 'Accept the invitation',
    end: 'The link is good for one use. If you do not know of it, do nothing.',
  },
};

/** @param link absolute; null where the mail has none */
export function renderMail(kind: MailKind, link: string | null): MailText {
  const { subject, paragraphs, action, end } = templates[kind];
  if ((action === null) !== (link === null)) throw new Error(`a mail of the kind ${kind} has ${action === null ? 'no' : 'a'} link`);
  const text = [...paragraphs, ...(link === null ? [] : [link]), end].join('\n\n');
  const html = [
    ...paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...(link === null || action === null ? [] : [`<p><a href="${escapeHtml(link)}">${escapeHtml(action)}</a></p>`]),
    `<p>${escapeHtml(end)}</p>`,
  ].join('\n');
  return { subject, text: `${text}\n`, html: `<!doctype html>\n<html lang="en"><body>\n${html}\n</body></html>\n` };
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
