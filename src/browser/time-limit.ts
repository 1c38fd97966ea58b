// Stands in for tokenizer/time-limit.ts in a page: a page has no way to stop synchronous work, and the browser offers to end a slow one.
export function withinTime<T>(_milliseconds: number, work: () => T): T {
  return work();
}
