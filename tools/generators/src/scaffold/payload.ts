/** A field of an event's payload: its type in TypeScript, in the schema, and a value for the golden sample. */
export interface PayloadField {
  readonly name: string;
  readonly type: string;
  readonly schema: string;
  readonly sample: unknown;
}

type Kind = 'uuid' | 'text' | 'dateTime' | 'texts';

const kinds: Readonly<Record<Kind, Omit<PayloadField, 'name'>>> = {
  uuid: { type: 'string', schema: 'field.uuid', sample: '01940000-0000-7000-8000-000000000001' },
  text: { type: 'string', schema: 'field.text(500)', sample: 'sample' },
  dateTime: { type: 'string', schema: 'field.dateTime', sample: '2026-01-01T00:00:00.000Z' },
  texts: { type: 'string[]', schema: `{ type: 'array', items: field.text(100) }`, sample: ['name'] },
};

export function payloadField(name: string, kind: Kind): PayloadField {
  return { name, ...kinds[kind] };
}

/** As it is in a later version of an event: what the old ones did not say is null. */
export function nullable(field: PayloadField): PayloadField {
  return { ...field, type: `${field.type} | null`, schema: `field.nullable(${field.schema})` };
}

/** @param text `reason:text,archivedAt:dateTime`. @throws Error for what is none */
export function parseFields(text: string): readonly PayloadField[] {
  const entries = text.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
  return entries.map((entry) => {
    const [name = '', kind = ''] = entry.split(':').map((part) => part.trim());
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) throw new Error(`"${entry}" is no field: name:type, the name in camelCase`);
    if (!Object.hasOwn(kinds, kind)) throw new Error(`the type of "${name}" is one of ${Object.keys(kinds).join(', ')}, not "${kind}"`);
    return payloadField(name, kind as Kind);
  });
}
