import { eventName } from '@plinth/contracts';
import type { Span, Tracing } from '@plinth/telemetry';
import type { EventRun, RoutedEvent } from './message-router.js';

/** How the handling of an event ended. */
export interface HandledOutcome {
  /** How often the handler was tried, from 1. */
  readonly attempts: number;
  /** Why it became a dead letter. */
  readonly error?: string;
}

/** The spans of events while they are handled. One that belongs to no trace has none. */
export class HandlingSpans {
  private readonly spans = new Map<RoutedEvent, Span>();

  constructor(
    private readonly tracing: Tracing,
    private readonly group: string,
  ) {}

  /** The run as its handler gets it: what an event causes stands below its handling. */
  begin(run: EventRun): EventRun {
    const [first, ...rest] = run.events;
    return { ...run, events: [this.beginOne(first), ...rest.map((routed) => this.beginOne(routed))] };
  }

  /** For events that were seen through; those that have no span are passed over. */
  end(events: readonly RoutedEvent[], { attempts, error }: HandledOutcome): void {
    for (const routed of events) {
      this.spans.get(routed)?.end({ fields: { attempts, ...(error === undefined ? {} : { error }) }, failed: error !== undefined });
      this.spans.delete(routed);
    }
  }

  /** What was not seen through is handled again elsewhere, and has its span there. */
  forget(events: readonly RoutedEvent[]): void {
    for (const routed of events) this.spans.delete(routed);
  }

  private beginOne(routed: RoutedEvent): RoutedEvent {
    const { event } = routed;
    if (event.traceparent === null) return routed;
    const fields = { topic: event.topic, group: this.group, eventId: event.id, eventType: eventName(event.type, event.version) };
    const span = this.tracing.start({ name: `process ${event.topic}`, kind: 'consumer', parent: event.traceparent, fields });
    if (span === undefined) return routed;
    const traced = { ...routed, event: { ...event, traceparent: span.traceparent } };
    this.spans.set(traced, span);
    return traced;
  }
}
