import { Injectable } from '@nestjs/common';
import { Answer, bodyBytesOf, httpErrors, type RequestContext } from '@plinth/http';
import { ExternalCalls } from '@plinth/idempotency';
import { Problem } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { ClientLeft, type StreamedAnswer } from '@plinth/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AiGatewayConfig } from '../config.js';
import { ModelsService } from '../models/models.service.js';
import { Provider } from '../provider/provider.js';
import { TokenQuota } from '../quotas/token-quota.js';
import { UsageService } from '../usage/usage.service.js';
import { readChatRequest, type AnswerLimits, type ChatRequest } from './chat-request.js';
import { completionErrors } from './completions.errors.js';
import { CompletionCall } from './completion-call.js';
import { whenClientLeaves } from './client-leaving.js';
import { refusalOf } from './provider-refusal.js';
import { SseSplitter } from './sse-splitter.js';
import { parseObject, StreamReader, usageIn } from './stream-reader.js';
import { streamHeaders, StreamRelay } from './stream-relay.js';
import { answeredBytes } from './token-estimate.js';

const maxAnswerBytes = 20 * 1_048_576;
const json = { 'content-type': 'application/json; charset=utf-8' };
/** How long the rest of a stream is awaited behind its last frame, so that the connection can be used again. */
const afterDoneMs = 1_000;

/** Passes chat requests on to the provider and its answers back; no transaction is open meanwhile. */
@Injectable()
export class CompletionsService {
  constructor(
    private readonly provider: Provider,
    private readonly models: ModelsService,
    private readonly usage: UsageService,
    private readonly quota: TokenQuota,
    private readonly calls: ExternalCalls,
    private readonly config: AiGatewayConfig,
    private readonly logger: Logger,
  ) {}

  /**
   * Answers a chat request, whole or streamed.
   *
   * @returns the whole answer; undefined where the reply has been written
   * @throws Problem, with nothing answered yet
   */
  async create(ctx: RequestContext, request: FastifyRequest, reply: FastifyReply): Promise<Answer<Buffer> | undefined> {
    if (request.body === undefined) throw completionErrors.invalid('model', 'A JSON body with model and messages is needed.');
    const chat = readChatRequest(request.body as Record<string, unknown>, bodyBytesOf(request), this.models.aliases, this.answerLimits);
    const leaving = whenClientLeaves(reply.raw);
    await this.calls.begin(ctx);
    const call = new CompletionCall(this.provider.name, chat);
    await this.reserve(ctx, call, chat);
    const relay = new StreamRelay(reply.raw, { 'x-request-id': ctx.requestId }, this.config.idleTimeoutMs, ctx.claim !== undefined);
    try {
      if (leaving.aborted) throw call.unsent(new ClientLeft());
      const answer = await this.provider.complete(chat, ctx.traceparent, leaving);
      if (answer.status !== 200) throw await refusalOf(answer, chat);
      call.begun();
      if (!chat.stream) return await this.answerWhole(ctx, call, answer);
      await this.answerStream(ctx, call, chat, answer, relay, reply);
      return undefined;
    } catch (error) {
      return await this.fail(ctx, call, relay, reply, error);
    }
  }

  private get answerLimits(): AnswerLimits {
    const { usualCompletionTokens, maxCompletionTokens } = this.config;
    return { usual: Math.min(usualCompletionTokens, maxCompletionTokens), most: maxCompletionTokens };
  }

  /** Without room in the tenant's quota there is no call, and no record of one. */
  private async reserve(ctx: RequestContext, call: CompletionCall, chat: ChatRequest): Promise<void> {
    try {
      await this.quota.reserve(ctx, call.id, chat.mostTokens());
    } catch (error) {
      await this.calls.abandon(ctx);
      throw error;
    }
  }

  private async answerWhole(ctx: RequestContext, call: CompletionCall, answer: StreamedAnswer): Promise<Answer<Buffer>> {
    const body = await answer.read(maxAnswerBytes);
    const completion = parseObject(body.toString('utf8'));
    if (completion === null || !Array.isArray(completion['choices'])) throw completionErrors.providerFault(new Error('the answer is no completion'));
    for (const choice of completion['choices'] as unknown[]) call.textBytes += answeredBytes((choice as { message?: unknown } | null)?.message);
    call.usage = usageIn(completion['usage']);
    await this.usage.settle(ctx, call.ended('completed', null), { status: 200, headers: json, body });
    return new Answer(body, json);
  }

  private async answerStream(ctx: RequestContext, call: CompletionCall, chat: ChatRequest, answer: StreamedAnswer, relay: StreamRelay, reply: FastifyReply): Promise<void> {
    if (!/^text\/event-stream\b/i.test(answer.headers['content-type'] ?? '')) {
      answer.discard();
      throw completionErrors.providerFault(new Error('the answer is no event stream'));
    }
    const splitter = new SseSplitter();
    const reader = new StreamReader(chat.wantsUsage);
    let rest: NodeJS.Timeout | undefined;
    try {
      for await (const chunk of answer.chunks) {
        if (rest !== undefined) continue;
        const { frames, end } = readFrames(splitter, reader, chunk);
        call.note(reader.usage, reader.textBytes);
        if (frames.length > 0) {
          if (!relay.hasBegun) reply.hijack();
          await relay.send(frames);
        }
        if (end === 'fault') throw completionErrors.providerFault(new Error('the stream holds no frame of a chat'));
        if (end === null) continue;
        await this.endStream(ctx, call, relay, end, reply);
        rest = setTimeout(() => answer.discard(), afterDoneMs);
      }
    } catch (error) {
      if (rest === undefined) throw error;
    } finally {
      clearTimeout(rest);
    }
    if (rest === undefined) throw completionErrors.cut();
  }

  /** What ended well is recorded: the last frame goes out when the record is there. */
  private async endStream(ctx: RequestContext, call: CompletionCall, relay: StreamRelay, last: Buffer, reply: FastifyReply): Promise<void> {
    const body = relay.whole(last);
    await this.usage.settle(ctx, call.ended('completed', null), body === null ? 'unknown' : { status: 200, headers: { 'content-type': streamHeaders['content-type'] }, body });
    if (!relay.hasBegun) reply.hijack();
    relay.end(last);
  }

  /** Every other ending: the caller is told where there still is one, and the usage is settled. */
  private async fail(ctx: RequestContext, call: CompletionCall, relay: StreamRelay, reply: FastifyReply, error: unknown): Promise<undefined> {
    if (error instanceof ClientLeft) {
      if (!relay.hasBegun) reply.hijack();
      reply.raw.destroy();
      await this.usage.settleLate(ctx, call.ended('aborted', 'client_left'));
      return undefined;
    }
    const problem = error instanceof Problem ? error : httpErrors.internal(error);
    const settled = this.usage.settleLate(ctx, call.failedWith(problem, relay.hasBegun));
    if (relay.hasBegun) {
      const { requestId, tenantId } = ctx;
      this.logger.warn('stream of a model cut', { requestId, tenantId, code: problem.code, error: problem.extra.cause });
      relay.break(tellable(problem));
      await settled;
      return undefined;
    }
    await settled;
    throw problem;
  }
}

/** The frames of a chunk that go on, up to the last one or to a fault. */
function readFrames(splitter: SseSplitter, reader: StreamReader, chunk: Buffer): { frames: Buffer[]; end: Buffer | 'fault' | null } {
  const frames: Buffer[] = [];
  for (const frame of splitter.push(chunk)) {
    const meaning = reader.read(frame);
    if (meaning === 'fault') return { frames, end: 'fault' };
    if (meaning === 'done') return { frames, end: frame.bytes };
    if (meaning === 'forward') frames.push(frame.bytes);
  }
  return { frames, end: null };
}

/** In a stream every break of the provider's is one thing to the caller. */
function tellable(problem: Problem): Problem {
  return problem.code === 'upstream_invalid_answer' ? completionErrors.cut() : problem;
}

