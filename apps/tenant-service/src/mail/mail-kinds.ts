/** The e-mails that the service sends. */
export const mailKinds = ['verify_email', 'reset_password', 'password_was_reset', 'password_was_changed', 'invitation', 'change_email', 'email_was_changed', 'second_factor_was_enabled', 'second_factor_was_disabled', 'second_factor_was_reset', 'recovery_code_was_used', 'credential_expires_soon', 'credential_has_expired', 'operator_access_was_requested'] as const;
export type MailKind = (typeof mailKinds)[number];

/** A mail that waits or was sent. Which account it is for is found when it is sent, so that asking for one tells nothing. */
export interface Letter {
  readonly id: string;
  readonly kind: MailKind;
  /** Normalized. */
  readonly to: string;
}
