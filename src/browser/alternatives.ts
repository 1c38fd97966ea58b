// What else the model might have written: probabilities of the next token, shown for the token under the pointer or in focus.
import { softmax } from '../sample/filters/filter.js';
import type { Tokenizer } from '../tokenizer/types.js';
import { find, make, shareRow } from './elements.js';

export interface Alternative {
  readonly id: number;
  /** From 0 to 1, before temperature. */
  readonly probability: number;
}

/** Of one token: what was drawn, and the likeliest tokens. */
export interface Draw {
  readonly drawn: Alternative;
  readonly likeliest: readonly Alternative[];
}

const shown = 8;

/** @param logits [V] */
export function drawOf(id: number, logits: Float32Array): Draw {
  const probabilities = softmax(logits);
  const likeliest: Alternative[] = [];
  for (let other = 0; other < probabilities.length; other++) {
    const probability = probabilities[other]!;
    if (likeliest.length === shown && probability <= likeliest.at(-1)!.probability) continue;
    const place = likeliest.findIndex((better) => better.probability < probability);
    likeliest.splice(place < 0 ? likeliest.length : place, 0, { id: other, probability });
    likeliest.length = Math.min(likeliest.length, shown);
  }
  return { drawn: { id, probability: probabilities[id]! }, likeliest };
}

/** The panel next to a token. */
export class AlternativesPanel {
  private readonly panel = find('alternatives');

  constructor(private readonly tokenizer: Tokenizer) {
    addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.hide();
    });
    addEventListener('scroll', () => this.hide(), { passive: true });
  }

  /** Shows the draws of a piece of text while the pointer or the focus is on it. */
  attach(piece: HTMLElement, draws: readonly Draw[]): void {
    piece.tabIndex = -1;
    for (const event of ['pointerenter', 'focus']) piece.addEventListener(event, () => this.show(piece, draws));
    for (const event of ['pointerleave', 'blur']) piece.addEventListener(event, () => this.hide());
  }

  hide(): void {
    this.panel.hidden = true;
  }

  private show(piece: HTMLElement, draws: readonly Draw[]): void {
    this.panel.replaceChildren(
      ...draws.flatMap(({ drawn, likeliest }) => {
        const listed = likeliest.some(({ id }) => id === drawn.id) ? likeliest : [...likeliest, drawn];
        return listed.map(({ id, probability }) => shareRow(this.nameOf(id), probability, id === drawn.id));
      }),
    );
    this.panel.prepend(make('div', { text: 'next token', className: 'caption' }));
    this.panel.hidden = false;
    const place = piece.getClientRects()[0] ?? piece.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.panel;
    const below = place.bottom + 6;
    const top = below + height < innerHeight ? below : Math.max(6, place.top - height - 6);
    this.panel.style.left = `${Math.max(6, Math.min(place.left, document.documentElement.clientWidth - width - 6))}px`;
    this.panel.style.top = `${top}px`;
  }

  /** A token as it can be read: blanks and control characters visible. */
  private nameOf(id: number): string {
    return visible(this.tokenizer.decode([id], { special: true })) || `token ${id}`;
  }
}

export function visible(text: string): string {
  return text
    .replace(/ /g, '␣')
    .replace(/\n/g, '⏎')
    .replace(/\t/g, '⇥')
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
