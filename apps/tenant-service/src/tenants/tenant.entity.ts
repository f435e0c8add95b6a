import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { tierNames, type Tier } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { emptyBilling, type Billing } from './billing.js';
import { tenantErrors } from './tenants.errors.js';

export const tenantStatuses = ['pending', 'active', 'suspended', 'deactivated'] as const;
export type TenantStatus = (typeof tenantStatuses)[number];
export const tenantTiers = tierNames;
export type TenantTier = Tier;
export type Settings = Readonly<Record<string, unknown>>;

/** An access token names all tenants of its bearer, and has to fit into a header. */
export const maxTenantsOfUser = 50;

/** The steps of a tenant's life: from where each leads, and where to. Who is deactivated stays so. */
export const tenantSteps = {
  activate: { from: ['pending'], to: 'active' },
  suspend: { from: ['active'], to: 'suspended' },
  restore: { from: ['suspended'], to: 'active' },
  deactivate: { from: ['active', 'suspended'], to: 'deactivated' },
} as const satisfies Readonly<Record<string, { readonly from: readonly TenantStatus[]; readonly to: TenantStatus }>>;
export type TenantStep = keyof typeof tenantSteps;

/** What an owner or admin may change; an absent member stays as it is. */
export interface TenantChanges {
  readonly name?: string;
  readonly contactEmail?: string | null;
  readonly timeZone?: string;
  /** A JSON merge patch (RFC 7396): null removes a member. */
  readonly settings?: Settings;
}

/** A tenant in a list. */
export const listedTenantShape = shape.named(
  'ListedTenant',
  shape.record({
    id: shape.uuid(),
    name: shape.text(),
    slug: shape.text(),
    status: shape.oneOf(tenantStatuses),
    tier: shape.oneOf(tenantTiers),
    createdAt: shape.dateTime(),
    updatedAt: shape.dateTime(),
    roles: shape.optional(shape.list(shape.text(), 'The caller’s in this tenant; absent for an operator, who has none.')),
  }),
);
export type ListedTenantView = Described<typeof listedTenantShape>;

/** A tenant as the API and the audit trail show it. */
export const tenantShape = shape.named(
  'Tenant',
  shape.record({
    id: shape.uuid(),
    name: shape.text(),
    slug: shape.text('Made of the name, unique in the suite.'),
    status: shape.oneOf(tenantStatuses),
    tier: shape.oneOf(tenantTiers),
    contactEmail: shape.nullable(shape.text()),
    timeZone: shape.text('A name of the IANA time zone database.'),
    settings: shape.anyObject('What the tenant’s members put there.'),
    createdAt: shape.dateTime(),
    updatedAt: shape.dateTime(),
  }),
);
export type TenantView = Described<typeof tenantShape>;

@Entity({ schema: 'tenancy', name: 'tenant' })
export class Tenant {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  /** Unique in the suite; its random end tells nobody which names are taken. */
  @Column({ type: 'text' })
  slug!: string;

  @Column({ type: 'text' })
  status!: TenantStatus;

  @Column({ type: 'text' })
  tier!: TenantTier;

  @Column({ type: 'text', name: 'contact_email', nullable: true })
  contactEmail!: string | null;

  @Column({ type: 'text', name: 'time_zone' })
  timeZone!: string;

  @Column({ type: 'jsonb' })
  settings!: Settings;

  @Column({ type: 'jsonb' })
  billing!: Billing;

  /** Counts the changes; the entity tag. */
  @Column({ type: 'int' })
  version!: number;

  @Column({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;

  static create(options: { name: string; status: TenantStatus; now: Date }): Tenant {
    return Object.assign(new Tenant(), {
      id: newId(),
      name: options.name,
      slug: slugOf(options.name),
      status: options.status,
      tier: 'free',
      contactEmail: null,
      timeZone: 'UTC',
      settings: {},
      billing: emptyBilling,
      version: 1,
      createdAt: options.now,
      updatedAt: options.now,
    } satisfies Partial<Tenant>);
  }

  /** Applies the changes. @returns the names of the fields that are different now; with none the version stays */
  change(changes: TenantChanges, now: Date): readonly string[] {
    const before = this.toView();
    if (changes.name !== undefined) this.name = changes.name;
    if (changes.contactEmail !== undefined) this.contactEmail = changes.contactEmail;
    if (changes.timeZone !== undefined) this.timeZone = changes.timeZone;
    if (changes.settings !== undefined) this.settings = mergePatch(this.settings, changes.settings) as Settings;
    const after = this.toView();
    const changed = Object.keys(after).filter(
      (field) => JSON.stringify(before[field as keyof TenantView]) !== JSON.stringify(after[field as keyof TenantView]),
    );
    if (changed.length > 0) this.touch(now);
    return changed;
  }

  /** @throws Problem `tenant_status_conflict` (409) where the step does not lead on from the tenant's status */
  take(step: TenantStep, now: Date): void {
    const { from, to } = tenantSteps[step];
    if (!(from as readonly TenantStatus[]).includes(this.status)) throw tenantErrors.statusConflict(this.status, to);
    this.status = to;
    this.touch(now);
  }

  /** @returns whether it had another one */
  setTier(tier: TenantTier, now: Date): boolean {
    if (this.tier === tier) return false;
    this.tier = tier;
    this.touch(now);
    return true;
  }

  /** @returns whether they were others; with none of them changed the version stays */
  setBilling(billing: Billing, now: Date): boolean {
    if (isDeepStrictEqual({ ...this.billing }, { ...billing })) return false;
    this.billing = billing;
    this.touch(now);
    return true;
  }

  private touch(now: Date): void {
    this.version += 1;
    this.updatedAt = now;
  }

  toView(): TenantView {
    const { id, name, slug, status, tier, contactEmail, timeZone, settings, createdAt, updatedAt } = this;
    return { id, name, slug, status, tier, contactEmail, timeZone, settings, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  }
}

function slugOf(name: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${words || 'tenant'}-${randomBytes(4).toString('hex')}`;
}

/** RFC 7396, section 2. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
