import ts from 'typescript';
import { returnsOf } from './evaluator.ts';
import { bare, descendants, hasBody, type Workspace } from './workspace.ts';

/** Statements that change rows, and calls of a schema's own functions, which may. `§` stands for what a template puts in. */
const writing = /\b(?:INSERT\s+INTO|UPDATE\s+(?:ONLY\s+)?[\w".§]+\s+(?:(?:AS\s+)?\w+\s+)?SET|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE)\b|\bSELECT\s+(?:[a-z]\w*|§)\.\w+\s*\(/i;
const reading = /^\s*(?:WITH|SELECT|SET|SHOW)\b/i;
const depth = 5;

/** Methods of TypeORM that change rows. */
export const ormWrites: ReadonlySet<string> = new Set([
  ...['insert', 'update', 'upsert', 'save', 'remove', 'delete', 'deleteAll', 'updateAll', 'softDelete', 'softRemove', 'restore', 'recover', 'increment', 'decrement', 'clear'],
  ...['transaction', 'query'],
]);

/** Whether a statement may change rows. What cannot be read is taken to. */
export function mayWrite(workspace: Workspace, sql: ts.Expression | undefined): boolean {
  const texts = sql === undefined ? [] : sqlTexts(workspace, sql);
  return texts.length === 0 || texts.some((text) => writing.test(text)) || !texts.some((text) => reading.test(text));
}

/** The texts that a statement is made of: its literals, and those of the constants and functions that it names. */
export function sqlTexts(workspace: Workspace, expression: ts.Expression, left = depth): readonly string[] {
  const node = bare(expression);
  if (left === 0) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    const text = [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('§');
    return [text, ...node.templateSpans.flatMap(({ expression: part }) => sqlTexts(workspace, part, left - 1))];
  }
  if (ts.isIdentifier(node)) {
    const declaration = workspace.symbolAt(node)?.valueDeclaration;
    const initializer = declaration !== undefined && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
    return initializer === undefined ? [] : sqlTexts(workspace, initializer, left - 1);
  }
  if (ts.isCallExpression(node)) {
    const declaration = workspace.called(node);
    const made = hasBody(declaration) && workspace.isOurs(declaration) ? returnsOf(declaration).flatMap((each) => sqlTexts(workspace, each, left - 1)) : [];
    // `services.map(({ name }) => `SELECT ...`).join(' UNION ALL ')`
    return [...made, ...descendants(node).flatMap((each) => (ts.isTemplateExpression(each) ? sqlTexts(workspace, each, 1) : []))];
  }
  return [];
}
