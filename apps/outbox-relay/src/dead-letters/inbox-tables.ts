/** By the inbox's key. A letter that is asked for again meanwhile is followed from its next sending on. */
export const closeProcessed = (schema: string) => `
  UPDATE relay.dead_letter letter SET status = 'processed', processed_at = handled.received_at
  FROM ${schema}.inbox handled
  WHERE letter.id = ANY ($1::uuid[]) AND letter.status = 'redriven' AND letter.redrive_requested_at IS NULL
    AND handled.consumer_group = letter.consumer_group AND handled.event_id = letter.event_id
  RETURNING letter.id`;
