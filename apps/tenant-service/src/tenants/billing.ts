import { shape, type Described } from '@plinth/http';

const text = (description?: string) => shape.nullable(shape.text(description));

/** To whom invoices are written; null where it is not known. */
export const billingShape = shape.named(
  'Billing',
  shape.record({
    company: text(),
    addressLines: shape.list(shape.text(), 'Street and number, floor, attention of.'),
    postalCode: text(),
    city: text(),
    country: text('ISO 3166-1 alpha-2.'),
    taxId: text('VAT or tax number, as the authority writes it.'),
    email: text('Where invoices are sent.'),
    purchaseOrder: text(),
  }),
);
export type Billing = Described<typeof billingShape>;

export const emptyBilling: Billing = { company: null, addressLines: [], postalCode: null, city: null, country: null, taxId: null, email: null, purchaseOrder: null };

/** All that was sent, and null for the rest. */
export function billingOf(sent: Partial<{ readonly [Member in keyof Billing]: Billing[Member] | undefined }>): Billing {
  const { company, addressLines, postalCode, city, country, taxId, email, purchaseOrder } = sent;
  return {
    company: company ?? null,
    addressLines: addressLines ?? [],
    postalCode: postalCode ?? null,
    city: city ?? null,
    country: country ?? null,
    taxId: taxId ?? null,
    email: email ?? null,
    purchaseOrder: purchaseOrder ?? null,
  };
}
