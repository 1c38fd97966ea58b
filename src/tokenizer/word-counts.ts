// Counts the words of a text that arrives in pieces, in bounded memory: when the table is full, the rarest words go
// (lossy counting), so common words keep nearly exact counts however long the text.

import { lastGpt2Cut, wordEnd } from './gpt2-words.js';
import { ownCopy } from './own-copy.js';
import { lastWhole } from './pre-tokenizer.js';
import type { TextPiece } from './types.js';

export interface CountLimits {
  /** How many distinct words are kept at most... */
  readonly words: number;
  /** ...and how many characters they may have together. */
  readonly chars: number;
  /** A word longer than this is counted in parts of this length. */
  readonly wordLength: number;
}

export const defaultLimits: CountLimits = { words: 250_000, chars: 4_000_000, wordLength: 4096 };
const longestPending = 1 << 20;

export class WordCounts {
  readonly counts = new Map<string, number>();
  private chars = 0;
  private pending = '';

  constructor(private readonly limits: CountLimits = defaultLimits) {}

  add({ text, endOfDocument }: TextPiece): void {
    const whole = this.pending + text;
    let cut = endOfDocument ? whole.length : lastGpt2Cut(whole);
    if (cut === 0 && whole.length > longestPending) cut = lastWhole(whole); // one enormous word: counted in parts anyway
    this.countWords(whole, cut);
    this.pending = whole.slice(cut);
  }

  /** Counts what an unfinished document left. */
  finish(): void {
    this.add({ text: '', endOfDocument: true });
  }

  private countWords(text: string, end: number): void {
    const { wordLength } = this.limits;
    for (let start = 0; start < end; ) {
      const stop = wordEnd(text, start);
      while (stop - start > wordLength) {
        const part = text.slice(start, start + lastWhole(text.slice(start, start + wordLength)));
        this.count(part);
        start += part.length;
      }
      this.count(text.slice(start, stop));
      start = stop;
    }
  }

  private count(word: string): void {
    const count = this.counts.get(word);
    if (count !== undefined) {
      this.counts.set(word, count + 1);
      return;
    }
    this.counts.set(ownCopy(word), 1);
    this.chars += word.length;
    if (this.counts.size > this.limits.words || this.chars > this.limits.chars) this.prune();
  }

  /** Keeps the most frequent words, the earliest among equals, within half the limits. */
  private prune(): void {
    const room = { words: this.limits.words / 2, chars: this.limits.chars / 2 };
    const byCount = new Map<number, { words: number; chars: number }>();
    for (const [word, count] of this.counts) {
      const same = byCount.get(count);
      if (!same) byCount.set(count, { words: 1, chars: word.length });
      else {
        same.words++;
        same.chars += word.length;
      }
    }
    let least = Number.POSITIVE_INFINITY; // words more frequent than this all stay
    for (const count of [...byCount.keys()].sort((a, b) => b - a)) {
      const { words, chars } = byCount.get(count)!;
      least = count;
      if (words > room.words || chars > room.chars) break;
      room.words -= words;
      room.chars -= chars;
    }
    let full = false;
    for (const [word, count] of this.counts) {
      if (count > least) continue;
      full ||= count === least && (room.words < 1 || room.chars < word.length);
      if (count === least && !full) {
        room.words -= 1;
        room.chars -= word.length;
        continue;
      }
      this.counts.delete(word);
      this.chars -= word.length;
    }
  }
}
