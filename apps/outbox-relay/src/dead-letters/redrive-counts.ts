/** Adds to the batches of letters that a statement has changed and returned. */
export function countedAs(column: 'sent' | 'refused' | 'processed' | 'failed_again', changed: string): string {
  return `
  UPDATE relay.redrive_batch batch SET ${column} = ${column} + counted.letters
  FROM (SELECT redrive_batch_id, count(*)::int AS letters FROM ${changed} GROUP BY redrive_batch_id) AS counted
  WHERE batch.id = counted.redrive_batch_id`;
}
