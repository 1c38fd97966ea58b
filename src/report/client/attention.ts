// Attention: a small map of every head to choose from; of the chosen one the sentence, in which a token shows what it looks at.
import type { AttentionData, PageData } from '../page/data.js';
import { element, onColours, runColour } from './elements.js';

/** Pixels of a map, about. */
const size = 96;

export function showAttention(place: HTMLElement, { runs, attention }: PageData): void {
  for (const each of attention) place.append(runAttention(each, runs[each.run]!));
}

function runAttention(data: AttentionData, name: string): HTMLElement {
  const { layers, heads, tokens, run } = data;
  const weights = Uint8Array.from(atob(data.weights), (character) => character.charCodeAt(0));
  const time = tokens.length;
  const cell = Math.max(2, Math.round(size / time));
  /** 0 to 1: how much of head `head`'s attention at query `t` is on position `s`. */
  const weight = (head: number, t: number, s: number) => weights[(head * time + t) * time + s]! / 255;
  let chosen = 0;
  let query = time - 1;

  const words = tokens.map((text, t) => {
    const word = element(
      'button',
      { type: 'button', className: 'token', onclick: () => look(chosen, t) },
      visible(text),
    );
    word.onpointerenter = () => look(chosen, t);
    return word;
  });
  const caption = element('p', { className: 'note' });
  const maps = Array.from({ length: layers * heads }, (_, head) => {
    const canvas = element('canvas', { width: time * cell, height: time * cell });
    const title = `block ${Math.floor(head / heads) + 1}, head ${(head % heads) + 1}`;
    const button = element(
      'button',
      { type: 'button', className: 'map', title, onclick: () => look(head, query) },
      canvas,
    );
    return { canvas, button };
  });

  function look(head: number, t: number): void {
    maps[chosen]!.button.classList.remove('chosen');
    [chosen, query] = [head, t];
    maps[chosen]!.button.classList.add('chosen');
    for (const [s, word] of words.entries()) {
      const share = s <= t ? weight(head, t, s) : 0;
      word.style.setProperty('--share', `${Math.round(100 * share)}%`);
      word.classList.toggle('query', s === t);
      word.classList.toggle('later', s > t);
      word.title = s <= t ? `${Math.round(100 * share)} %` : '';
    }
    caption.textContent = `${maps[head]!.button.title}: what ${JSON.stringify(tokens[t])} looks at. Each small map has a row for each token; choose one.`;
  }

  function draw(): void {
    const ink = runColour(run);
    for (const [head, { canvas }] of maps.entries()) {
      const context = canvas.getContext('2d')!;
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.fillStyle = ink;
      for (let t = 0; t < time; t++) {
        for (let s = 0; s <= t; s++) {
          context.globalAlpha = weight(head, t, s);
          context.fillRect(s * cell, t * cell, cell, cell);
        }
      }
    }
  }

  draw();
  onColours(draw);
  look(0, query);
  const grid = element('div', { className: 'maps' }, ...maps.map(({ button }) => button));
  grid.style.setProperty('--heads', String(heads));
  const bdi = element('bdi', {}, name);
  const box = element('div', { className: `attention run-${run % 8}` });
  box.append(element('h3', {}, element('span', { className: `run run-${run % 8}` }, bdi)));
  box.append(
    element('p', { className: 'sentence', dir: 'auto' }, ...words),
    caption,
    element('div', { className: 'scroll' }, grid),
  );
  return box;
}

/** A token as a reader sees it: line breaks and blanks at its ends are marks. */
function visible(text: string): string {
  const marked = text.replace(/\n/g, '⏎').replace(/\t/g, '⇥');
  return marked.trim() === '' ? marked.replace(/ /g, '␣') : marked;
}
