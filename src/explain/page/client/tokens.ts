// The text by surprise, and the logit lens.
import type { ExplainedToken } from '../../explanation.js';
import type { PageData } from '../data.js';
import { arrowKeys, element, explains, flowing, note, percent, scrolling, section, shade, short } from './dom.js';

/** From this many bits on a token has the strongest colour. */
const strongest = 12;

export function surprise({ tokens, bits, bitsPerByte }: PageData): HTMLElement {
  const spans = tokens.map((token) => {
    const span = element('span', { class: 'token' }, flowing(token.text));
    shade(span, token.bits, strongest);
    explains(span, () => linesOf(token));
    return span;
  });
  arrowKeys(spans);
  return section(
    'Surprise',
    note(
      `${tokens.length} tokens, ${bits.toFixed(1)} bits, ${bitsPerByte.toFixed(3)} bits per byte. The stronger the colour, the less the model expected the token; point at one for what it expected instead.`,
    ),
    element('div', { class: 'text' }, ...spans),
  );
}

function linesOf({ text, bits, probability, rank, top }: ExplainedToken): string[] {
  return [
    `${short(text, 200)}   ${bits.toFixed(2)} bits, ${percent(probability)}, rank ${rank}`,
    ...top.map((each) => `${percent(each.probability).padStart(7)}  ${short(each.text, 60)}`),
  ];
}

export function lens({ tokens }: PageData): HTMLElement {
  const layers = tokens[0]!.lens!.length;
  const names = Array.from({ length: layers }, (_, i) => (i === 0 ? 'embeddings' : `block ${i}`));
  const cells: HTMLElement[] = [];
  const rows = tokens.map(({ text, lens: likely }) => {
    const row = likely!.map(({ text: predicted, probability }, layer) => {
      const cell = element('td', { class: 'mono' }, short(predicted, 14));
      shade(cell, probability, 1);
      explains(cell, () => [
        `${names[layer]}: ${short(predicted, 60)}, ${percent(probability)}`,
        `next: ${short(text, 60)}`,
      ]);
      cells.push(cell);
      return cell;
    });
    return element('tr', {}, element('th', { scope: 'row', class: 'mono' }, short(text, 14)), ...row);
  });
  arrowKeys(cells, layers);
  const header = element('tr', {}, ...['next token', ...names].map((name) => element('th', { scope: 'col' }, name)));
  return section(
    'Logit lens',
    note('What the last norm and projection make of the residual stream after each block: the most likely next token.'),
    scrolling(element('table', { class: 'grid' }, element('thead', {}, header), element('tbody', {}, ...rows))),
  );
}
