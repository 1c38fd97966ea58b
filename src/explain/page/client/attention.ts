// Attention of a chosen head: a heat map, and arcs over the words. The head is chosen by its thumbnail, or in the table of scores.
import type { NamedHead } from '../../explanation.js';
import { type PageAttention, type PageData, triangle } from '../data.js';
import { arrowKeys, element, hideTip, note, percent, scrolling, section, short, showTip } from './dom.js';

/** Weights below this have no arc. */
const faintest = 0.04;
const svgSpace = 'http://www.w3.org/2000/svg';

type Weight = (query: number, key: number) => number;

function weightsOf({ weights, heads, positions }: PageAttention): (layer: number, head: number) => Weight {
  const bytes = Uint8Array.from(atob(weights), (character) => character.charCodeAt(0));
  const size = triangle(positions.length);
  return (layer, head) => (query, key) =>
    key > query ? 0 : bytes[(layer * heads + head) * size + triangle(query) + key]! / 255;
}

function draw(canvas: HTMLCanvasElement, time: number, weight: Weight): void {
  canvas.width = time;
  canvas.height = time;
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(time, time);
  for (let query = 0; query < time; query++)
    for (let key = 0; key <= query; key++) {
      const strength = Math.sqrt(weight(query, key)); // small weights show
      image.data.set([226, 84, 43, Math.round(255 * strength)], 4 * (query * time + key));
    }
  context.putImageData(image, 0, 0);
}

export function attention(data: PageData & { readonly attention: PageAttention }): HTMLElement {
  const { positions, layers, heads } = data.attention;
  const time = positions.length;
  const of = weightsOf(data.attention);
  const title = element('h3', { 'aria-live': 'polite' });
  const map = element('canvas', { class: 'map', role: 'img' });
  const arcs = new Arcs(positions);
  let chosen = of(0, 0);

  const buttons: HTMLButtonElement[] = [];
  const choose = (layer: number, head: number) => {
    chosen = of(layer, head);
    const name = data.heads?.find((each) => each.layer === layer && each.head === head)?.name;
    title.textContent = `Block ${layer + 1}, head ${head + 1}${name === undefined ? '' : `: ${name}`}`;
    map.setAttribute('aria-label', `attention weights of ${title.textContent}: rows look at columns`);
    draw(map, time, chosen);
    arcs.draw(chosen);
    buttons.forEach((button, i) => {
      button.setAttribute('aria-pressed', String(i === layer * heads + head));
    });
  };
  const rows = Array.from({ length: layers }, (_, layer) => {
    const own = Array.from({ length: heads }, (__, head) => {
      const small = element('canvas');
      draw(small, time, of(layer, head));
      const button = element('button', { type: 'button', 'aria-label': `block ${layer + 1}, head ${head + 1}` }, small);
      button.addEventListener('click', () => choose(layer, head));
      buttons.push(button);
      return button;
    });
    return element('div', {}, element('span', { class: 'name' }, `block ${layer + 1}`), ...own);
  });
  arrowKeys(buttons, heads);
  map.addEventListener('pointermove', (event) => {
    const { left, top, width, height } = map.getBoundingClientRect();
    const key = Math.min(time - 1, Math.floor(((event.clientX - left) / width) * time));
    const query = Math.min(time - 1, Math.floor(((event.clientY - top) / height) * time));
    if (key < 0 || query < 0) return;
    const lines =
      key > query
        ? [`${short(positions[query]!)} does not see later tokens`]
        : [`${short(positions[query]!)} looks at ${short(positions[key]!)}: ${percent(chosen(query, key))}`];
    showTip(lines, { left: event.clientX + 12, bottom: event.clientY + 8, top: event.clientY - 8 });
  });
  map.addEventListener('pointerleave', hideTip);

  const made = section(
    'Attention',
    note(
      'Each row of a map is a token, each column one that it looks at. Choose a head; point at a word for its arcs alone.',
    ),
    scrolling(element('div', { class: 'heads' }, ...rows)),
    title,
    arcs.element,
    map,
    ...(data.heads ? [headTable(data.heads, choose)] : []),
  );
  // The first one that does something.
  const { layer, head } = data.heads?.find(({ name }) => name !== undefined && name !== 'first token') ?? {
    layer: 0,
    head: 0,
  };
  requestAnimationFrame(() => choose(layer, head)); // arcs need the words' places
  document.fonts.ready.then(() => arcs.draw(chosen));
  return made;
}

/** Words in a line, and above them an arc from each to those that it looks at. */
class Arcs {
  readonly element: HTMLElement;
  private readonly svg = document.createElementNS(svgSpace, 'svg');
  private readonly words: HTMLElement[];
  private weight: Weight = () => 0;

  constructor(positions: readonly string[]) {
    this.words = positions.map((text, t) => {
      const word = element('span', {}, short(text, 14));
      word.addEventListener('mouseenter', () => this.show(t));
      word.addEventListener('focus', () => this.show(t));
      word.addEventListener('mouseleave', () => this.show());
      word.addEventListener('blur', () => this.show());
      return word;
    });
    arrowKeys(this.words);
    this.element = element(
      'div',
      { class: 'arcs' },
      element('div', {}, this.svg, element('div', { class: 'words' }, ...this.words)),
    );
  }

  draw(weight: Weight): void {
    this.weight = weight;
    this.show();
  }

  /** @param only the query whose arcs are shown; default all */
  private show(only?: number): void {
    const centers = this.words.map((word) => word.offsetLeft + word.offsetWidth / 2);
    const last = this.words.at(-1)!;
    const width = last.offsetLeft + last.offsetWidth;
    const height = Math.min(160, 20 + width / 6);
    this.svg.setAttribute('width', String(width));
    this.svg.setAttribute('height', String(height));
    this.svg.replaceChildren();
    this.words.forEach((word, query) => {
      word.classList.toggle('chosen', query === only);
      if (only !== undefined && only !== query) return;
      for (let key = 0; key <= query; key++) {
        const strength = this.weight(query, key);
        if (strength < faintest) continue;
        const [from, to] = [centers[query]!, centers[key]!];
        const rise = key === query ? 14 : Math.min(height - 4, 10 + Math.abs(from - to) * 0.45);
        const path = document.createElementNS(svgSpace, 'path');
        const spread = key === query ? 7 : 0;
        path.setAttribute(
          'd',
          `M ${from + spread} ${height} C ${from + spread} ${height - rise}, ${to - spread} ${height - rise}, ${to - spread} ${height}`,
        );
        path.setAttribute('stroke-opacity', String(Math.sqrt(strength))); // small weights show
        path.setAttribute('stroke-width', String(0.5 + 2 * Math.sqrt(strength)));
        this.svg.append(path);
      }
    });
  }
}

export function headTable(heads: readonly NamedHead[], choose?: (layer: number, head: number) => void): HTMLElement {
  const columns = ['previous', 'first', 'duplicate', 'induction'] as const;
  const rows = heads.map((scores) => {
    const { layer, head, name } = scores;
    const row = element(
      'tr',
      { class: choose && 'pick' },
      element('td', {}, `${layer + 1}.${head + 1}`),
      ...columns.map((column) => element('td', {}, scores[column].toFixed(2))),
      element('td', {}, name ?? ''),
    );
    row.addEventListener('click', () => choose?.(layer, head));
    return row;
  });
  const header = element(
    'tr',
    {},
    ...['block.head', ...columns, ''].map((name) => element('th', { scope: 'col' }, name)),
  );
  const table = element('table', {}, element('thead', {}, header), element('tbody', {}, ...rows));
  return element(
    'div',
    {},
    element('h3', {}, 'Scores of the heads'),
    note('Mean attention on random tokens that are repeated (Olsson et al. 2022).'),
    scrolling(table),
  );
}
