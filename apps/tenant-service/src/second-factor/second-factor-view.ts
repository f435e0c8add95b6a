import { shape, type Described } from '@plinth/http';

export const secondFactorShape = shape.named(
  'SecondFactor',
  shape.record({ enabled: shape.boolean(), enabledAt: shape.nullable(shape.dateTime()), recoveryCodesLeft: shape.integer() }),
);
export type SecondFactorView = Described<typeof secondFactorShape>;

export const proposedFactorShape = shape.record({
  secret: shape.text('Base32, for an app that reads no QR codes. Shown once.'),
  uri: shape.text('What a QR code for authenticator apps says. Shown once.'),
});
export type ProposedFactorView = Described<typeof proposedFactorShape>;

export const recoveryCodesShape = shape.record({ recoveryCodes: shape.list(shape.text(), 'Each good once in the place of a code. Shown once.') });
