import { basename, dirname } from 'node:path';
import type { HouseRule } from './ast.ts';

/** Names under which anything can be put, and is. */
const drawer = /(?:^|[-.])(?:common|utils?|helpers?|shared|base|misc|general|stuff)$/;
const handlerSentence = /^[a-z\d]+(?:-[a-z\d]+)*-when-[a-z\d]+(?:-[a-z\d]+)*$/;

/** A file's name says what is in it: no drawers, and the handler of an event is a sentence, `record-entry-when-audit-recorded.handler.ts`. */
export const fileNameSpeaks: HouseRule = {
  defaultOptions: [],
  meta: {
    type: 'suggestion',
    schema: [],
    docs: { description: 'No file or folder is a drawer; handlers are named by what they do when.' },
    messages: {
      drawer: '"{{name}}" says nothing of what is in it, and fills: name the file by what it holds.',
      sentence: 'A handler is named by a sentence: <do something>-when-<it happened>.handler.ts.',
    },
  },
  create: (context) => ({
    Program(node) {
      const parts = [...dirname(context.filename).split('/').slice(-4), basename(context.filename).replace(/(?:\.(?:int-|e2e-|torture-)?spec)?\.ts$/, '')];
      const name = parts.find((part) => drawer.test(part));
      if (name !== undefined) context.report({ node, messageId: 'drawer', data: { name } });
      const handler = /^(.*)\.handler$/.exec(parts.at(-1) ?? '')?.[1];
      if (handler !== undefined && !handlerSentence.test(handler)) context.report({ node, messageId: 'sentence' });
    },
  }),
};
