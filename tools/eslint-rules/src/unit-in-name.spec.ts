import { testRule } from './testing.ts';
import { unitInName } from './unit-in-name.ts';

testRule('unit-in-name', unitInName, {
  passes: [
    { name: 'a duration with its unit passes', code: 'interface Options { readonly timeoutMs?: number; leaseSeconds: number }' },
    { name: 'a constant with its unit passes', code: 'const pollIntervalMs = 100;' },
    { name: 'a policy that is no number passes', code: 'interface Options { retention: RetentionPolicy; timeout: AbortSignal }' },
    { name: 'a name that only begins so passes', code: 'const timeouts = 3; const delayed: number = 1; const age = 7;' },
    { name: 'what a library calls its own option passes', code: 'new Pool({ connectionTimeout: 3000 });' },
  ],
  fails: [
    { name: 'an option is reported', code: 'interface Options { readonly timeout?: number; requestTimeout: number }', reports: ['unit', 'unit'] },
    { name: 'a constant is reported', code: 'const pollInterval = 100;', reports: ['unit'] },
    { name: 'a field is reported', code: 'class C { private readonly ttl = 60; lifetime: number; }', reports: ['unit', 'unit'] },
    { name: 'a parameter is reported', code: 'function wait(delay: number) {}\nclass C { constructor(private readonly retention: number, duration = 5) {} }', reports: ['unit', 'unit', 'unit'] },
  ],
});
