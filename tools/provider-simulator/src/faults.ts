/** What each fault does to a call. The model `sim-<fault>` asks for it, and so does the header `x-sim-fault`. */
export const faults = {
  '400': 'refuses the request as too long for the model, quoting the prompt',
  '429': 'answers 429 with Retry-After: 30',
  '429-then-ok': 'answers the first call with a prompt 429 with Retry-After: 1, later ones well',
  '500': 'answers 500 with a body that nobody should see',
  '500-then-ok': 'answers the first call with a prompt 500, later ones well',
  '503': 'answers 503 with Retry-After: 2',
  reset: 'resets the connection before it answers',
  'reset-then-ok': 'resets the connection of the first call with a prompt, answers later ones well',
  slow: 'answers well, after a long while',
  hang: 'sends headers, and then nothing',
  drip: 'answers well, a few bytes at a time',
  cut: 'resets the connection after three frames, in the middle of the fourth',
  'cut-clean': 'ends the answer after three frames, as if it were whole',
  stall: 'sends three frames, and then nothing',
  endless: 'sends a frame every 20 ms until the caller leaves',
  'error-frame': 'sends three frames, then an error in the stream',
  html: 'answers 200 with a page of HTML',
  malformed: 'answers 200 with what is not JSON',
  'long-line': 'sends a line of 10 MB',
  'no-usage': 'answers well and never says what it used',
  tools: 'answers with a call of a tool',
} as const;

export type Fault = keyof typeof faults;

/** Every model that the simulator lists: one that answers well, and one for each fault. */
export const simulatedModels: readonly string[] = ['sim-chat', ...Object.keys(faults).map((fault) => `sim-${fault}`)];

/** The fault that a call asks for; null for one to be answered well. */
export function faultOf(model: string, header: string | string[] | undefined): Fault | null {
  const name = typeof header === 'string' ? header : model.replace(/^sim-/, '');
  return Object.hasOwn(faults, name) ? (name as Fault) : null;
}
