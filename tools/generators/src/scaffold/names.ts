import { names } from '@nx/devkit';

/** What an entity is called in each place, from its singular in kebab-case: `price-list`. */
export interface EntityNames {
  readonly entity: string;
  readonly entityVar: string;
  readonly Entity: string;
  /** In the database, and in capabilities, events and error codes. */
  readonly snake: string;
  readonly entityText: string;
  readonly aEntity: string;
  readonly AnEntity: string;
  readonly plural: string;
  readonly pluralVar: string;
  readonly Plural: string;
  readonly pluralSnake: string;
  readonly pluralText: string;
}

/** @throws Error where a name cannot stand everywhere it has to */
export function entityNames(entity: string, plural = pluralOf(entity)): EntityNames {
  requireKebab('entity', entity);
  requireKebab('plural', plural);
  if (plural === entity) throw new Error(`the plural of "${entity}" is the same word: give another one, --plural=...`);
  const [one, many] = [names(entity), names(plural)];
  const entityText = entity.replaceAll('-', ' ');
  const article = /^[aeiou]/.test(entity) ? 'an' : 'a';
  return {
    entity,
    entityVar: one.propertyName,
    Entity: one.className,
    snake: snakeOf(entity),
    entityText,
    aEntity: `${article} ${entityText}`,
    AnEntity: `${article === 'an' ? 'An' : 'A'} ${entityText}`,
    plural,
    pluralVar: many.propertyName,
    Plural: many.className,
    pluralSnake: snakeOf(plural),
    pluralText: plural.replaceAll('-', ' '),
  };
}

export function snakeOf(kebab: string): string {
  return kebab.replaceAll('-', '_');
}

export function classNameOf(kebab: string): string {
  return names(kebab).className;
}

/** Of regular English nouns; others are given by `--plural`. */
export function pluralOf(singular: string): string {
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(singular) ? `${singular}es` : `${singular}s`;
}

/** The entity that a service of this name is about: `notes` and `note-service` keep notes. */
export function entityOfService(service: string): string {
  const subject = service.replace(/-service$/, '');
  if (/ies$/.test(subject)) return `${subject.slice(0, -3)}y`;
  if (/(ss|us|is)$/.test(subject)) return subject;
  return /(x|z|ch|sh)es$/.test(subject) ? subject.slice(0, -2) : subject.replace(/s$/, '');
}

/** Words of SQL and of JavaScript that cannot name a schema or a variable. */
const reserved = ['all', 'case', 'class', 'column', 'delete', 'export', 'function', 'grant', 'group', 'import', 'index', 'new', 'order', 'public', 'select', 'table', 'type', 'user', 'where'];

export function requireKebab(what: string, name: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 30) {
    throw new Error(`the ${what} "${name}" is no name: lower-case letters, digits and single hyphens, beginning with a letter, at most 30 characters`);
  }
  if (reserved.includes(name)) throw new Error(`the ${what} cannot be called "${name}", which is a word of SQL or JavaScript`);
}
