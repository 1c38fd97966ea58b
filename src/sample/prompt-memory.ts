// What was read, kept from one text to the next: what their beginnings share is read once.
import { KeyValueCache } from './cache.js';

export class PromptMemory {
  private cache: KeyValueCache | undefined;
  /** As many as positions are in the cache. */
  private ids: readonly number[] = [];
  /** Of the last prompt, how many ids were not read again. */
  reused = 0;

  /** Gives a text's cache the part of its prompt that was read before, at least the last id excepted. */
  recall(prompt: readonly number[], cache: KeyValueCache): void {
    let shared = 0;
    const most = Math.min(this.ids.length, prompt.length - 1);
    while (shared < most && this.ids[shared] === prompt[shared]) shared++;
    this.reused = shared;
    if (shared > 0) cache.copyFrom(this.cache!, shared);
  }

  /** Keeps what a text has read. A window that slid no longer has the text's beginning. */
  keep(ids: readonly number[], cache: KeyValueCache): void {
    if (cache.slid) return;
    if (!this.cache || this.cache.shape.room < ids.length) this.cache = new KeyValueCache(cache.shape);
    this.cache.copyFrom(cache);
    this.ids = [...ids];
  }
}
