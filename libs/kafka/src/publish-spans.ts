import { parseTraceparent, type Span, type Tracing } from '@plinth/telemetry';
import type { OutgoingMessage, PublishOutcome } from './event-producer.js';

/**
 * The spans of one call of `publish`: each event that belongs to a trace goes on in it, and whoever handles
 * it stands below its publication. What is sent again later gets its span then.
 */
export class PublishSpans {
  private readonly spans = new Map<OutgoingMessage, Span>();

  constructor(private readonly tracing: Tracing) {}

  /** The messages as they are to be sent: with the new span in `ce_traceparent`. */
  begin(messages: readonly OutgoingMessage[]): readonly OutgoingMessage[] {
    return messages.map((message) => {
      const { ce_traceparent: parent, ce_type: eventType, ce_id: eventId } = message.headers;
      if (typeof parent !== 'string' || parseTraceparent(parent) === undefined) return message;
      const fields = { topic: message.topic, ...(typeof eventId === 'string' ? { eventId } : {}), ...(typeof eventType === 'string' ? { eventType } : {}) };
      const span = this.tracing.start({ name: `publish ${message.topic}`, kind: 'producer', parent, fields });
      if (span === undefined) return message;
      const sent = { ...message, headers: { ...message.headers, ce_traceparent: span.traceparent } };
      this.spans.set(sent, span);
      return sent;
    });
  }

  /** What was not written is not told: while the broker is away that would be each event at each try. */
  end(messages: readonly OutgoingMessage[], outcomes: readonly PublishOutcome[]): void {
    for (const [position, message] of messages.entries()) {
      const outcome = outcomes[position];
      if (outcome?.kind === 'acknowledged') this.spans.get(message)?.end();
      if (outcome?.kind === 'refused') this.spans.get(message)?.end({ failed: true, fields: { error: outcome.code } });
    }
  }
}
