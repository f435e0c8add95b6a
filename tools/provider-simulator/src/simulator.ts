import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { answerChat } from './answers.ts';
import { errorBody, readChatRequest } from './completion.ts';
import { Exchange } from './exchange.ts';
import { faultOf, simulatedModels, type Fault } from './faults.ts';
import { Journal } from './journal.ts';

export interface SimulatorOptions {
  /** A free one by default. */
  readonly port?: number;
  /** The bearer key that callers must send. */
  readonly apiKey?: string;
  /** How long `sim-slow` takes to its first byte; a minute and a half by default. */
  readonly slowMs?: number;
}

/** A provider that speaks OpenAI's wire format, with faults on request. */
export class Simulator {
  readonly journal = new Journal();
  readonly apiKey: string;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly slowMs: number;
  /** Prompts that a `-then-ok` fault has failed once. */
  private readonly failedOnce = new Set<string>();

  constructor({ apiKey = 'sk-simulator', slowMs = 90_000 }: SimulatorOptions) {
    this.apiKey = apiKey;
    this.slowMs = slowMs;
    this.server = createServer((request, response) => void this.handle(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  /** For `OPENAI_BASE_URL`. */
  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Breaks every connection and stops listening. */
  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async handle(request: IncomingMessage, response: ServerResponse<IncomingMessage>): Promise<void> {
    const { method = 'GET', url: path = '/' } = request;
    if (path === '/__journal') return this.answerJournal(method, response);
    if (path === '/health') return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
    const body = await bodyOf(request);
    if (body === null) return;
    const exchange = new Exchange(this.journal.open({ method, path, headers: request.headers, body }), response);
    const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (key !== this.apiKey) {
      return exchange.answer(401, errorBody(`Incorrect API key provided: ${key ?? 'none'}.`, 'invalid_request_error', 'invalid_api_key'));
    }
    if (method === 'GET' && path === '/v1/models') return exchange.answer(200, JSON.stringify({ object: 'list', data: simulatedModels.map(modelView) }));
    if (method !== 'POST' || path !== '/v1/chat/completions') {
      return exchange.answer(404, errorBody(`Invalid URL (${method} ${path})`, 'invalid_request_error', null));
    }
    await this.complete(exchange, request, body);
  }

  private async complete(exchange: Exchange, request: IncomingMessage, body: string): Promise<void> {
    const chat = readChatRequest(body);
    if (chat === null) return exchange.answer(400, errorBody('We could not parse the body of your request.', 'invalid_request_error', null));
    if (!simulatedModels.includes(chat.model)) {
      const message = `The model \`${chat.model}\` does not exist or you do not have access to it.`;
      return exchange.answer(404, errorBody(message, 'invalid_request_error', 'model_not_found'));
    }
    await answerChat(exchange, chat, this.due(faultOf(chat.model, request.headers['x-sim-fault']), chat.prompt), this.slowMs);
  }

  /** The fault, or none where it is one that was to happen once and has. */
  private due(fault: Fault | null, prompt: string): Fault | null {
    if (fault?.endsWith('-then-ok') !== true) return fault;
    const key = `${fault} ${prompt}`;
    if (this.failedOnce.delete(key)) return null;
    this.failedOnce.add(key);
    return fault;
  }

  private answerJournal(method: string, response: ServerResponse<IncomingMessage>): void {
    if (method === 'DELETE') this.journal.clear();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.journal.entries));
  }
}

/** Starts a simulator and waits until it listens. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new Simulator(options);
  await simulator.listen(options.port ?? 0);
  return simulator;
}

function modelView(id: string) {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'simulator' };
}

/** The whole body; null where the caller left while sending it. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString('utf8');
}
