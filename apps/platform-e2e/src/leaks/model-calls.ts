import type { SignedIn } from '@plinth/dev-stack';
import type { Answered } from './hostile-inputs.js';
import type { Plants } from './plants.js';

/** Each fault of the provider simulator that ends by itself, and those that only end when the caller leaves. */
const faults = ['400', '429', '500', '503', 'reset', 'cut', 'cut-clean', 'error-frame', 'html', 'malformed', 'no-usage', 'tools', 'chat'];
const endless = ['hang', 'stall', 'endless'];
const leaveAfterMs = 500;

/** Prompts, attachments and made-up models, whole and streamed, through every fault of the provider. */
export async function callModels(gatewayUrl: string, plants: Plants, owner: SignedIn): Promise<readonly Answered[]> {
  const answers: Answered[] = [];
  for (const stream of [false, true]) {
    for (const fault of [...faults, ...endless]) {
      const place = `model sim-${fault}, ${stream ? 'streamed' : 'whole'}`;
      const signal = AbortSignal.timeout(endless.includes(fault) ? leaveAfterMs : 30_000);
      answers.push({ place, ...(await call(gatewayUrl, owner, { model: `sim-${fault}`, stream, ...messages(plants, place) }, signal)) });
    }
  }
  const place = 'unknown model';
  answers.push({ place, ...(await call(gatewayUrl, owner, { model: plants.email(place), ...messages(plants, place) }, AbortSignal.timeout(30_000))) });
  return answers;
}

function messages(plants: Plants, place: string) {
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${plants.attachment(place)}` } };
  return {
    user: plants.email(place),
    metadata: { card: plants.card(place) },
    messages: [
      { role: 'system', content: plants.payload(place) },
      { role: 'user', content: [{ type: 'text', text: `${plants.prompt(place)} ${plants.lineBreak(place)}` }, image] },
    ],
  };
}

async function call(gatewayUrl: string, { token }: SignedIn, body: object, signal: AbortSignal): Promise<{ status: number; text: string }> {
  try {
    const answer = await fetch(`${gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    return { status: answer.status, text: await answer.text() };
  } catch {
    // Cut by the provider in the middle, or left by us: there is no whole answer to look at.
    return { status: 0, text: '' };
  }
}
