import { Injectable } from '@nestjs/common';
import { shape, type Described } from '@plinth/http';
import { AiGatewayConfig } from '../config.js';
import { Provider } from '../provider/provider.js';
import { parseAliases, type ModelAliases } from './model-aliases.js';

/** A model in OpenAI's shape. */
export const modelShape = shape.named(
  'Model',
  shape.record({ id: shape.text(), object: shape.just('model'), created: shape.integer('Seconds since the epoch.'), owned_by: shape.text() }),
);
export type ModelView = Described<typeof modelShape>;

const freshForMs = 30_000;

@Injectable()
export class ModelsService {
  readonly aliases: ModelAliases;
  private known: { readonly models: readonly ModelView[]; readonly atMs: number } | undefined;

  constructor(
    config: AiGatewayConfig,
    private readonly provider: Provider,
  ) {
    this.aliases = parseAliases(config.models);
  }

  /**
   * The aliases and what the provider lists, each id once; while the provider is away, as it last was.
   *
   * @throws Problem 502, 503 or 504 where the provider has never answered
   */
  async list(): Promise<{ readonly object: 'list'; readonly data: readonly ModelView[] }> {
    const listed = await this.listed();
    const own = [...this.aliases.keys()].map((id): ModelView => ({ id, object: 'model', created: 0, owned_by: 'plinth' }));
    return { object: 'list', data: [...own, ...listed.filter(({ id }) => !this.aliases.has(id))] };
  }

  private async listed(): Promise<readonly ModelView[]> {
    const { known } = this;
    if (known !== undefined && performance.now() - known.atMs < freshForMs) return known.models;
    try {
      const models = readModels(await this.provider.listModels());
      this.known = { models, atMs: performance.now() };
      return models;
    } catch (error) {
      if (known === undefined) throw error;
      return known.models;
    }
  }
}

/** Takes from the provider's list what a model has in every dialect of it, and nothing else. */
function readModels(list: unknown): readonly ModelView[] {
  const data = (list as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return [];
  return data.flatMap((item: unknown): ModelView[] => {
    const { id, created, owned_by: owner } = (item ?? {}) as Record<string, unknown>;
    if (typeof id !== 'string') return [];
    return [{ id, object: 'model', created: Number.isSafeInteger(created) ? (created as number) : 0, owned_by: typeof owner === 'string' ? owner : 'provider' }];
  });
}
