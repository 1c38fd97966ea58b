// Why the model predicts what it does: labels, words, and where in the model two texts differ.
import type { Attribution, Likely, Patching, WordShares } from '../../explanation.js';
import {
  arrowKeys,
  element,
  explains,
  flowing,
  note,
  percent,
  scrolling,
  section,
  shade,
  short,
  signed,
} from './dom.js';

/** Labels or next tokens with their probabilities. */
export function classes(title: string, likely: readonly Likely[]): HTMLElement {
  const rows = likely.map(({ text, probability }) => {
    const bar = element('span', { class: 'bar' });
    bar.style.width = `${10 * probability}rem`;
    return element(
      'tr',
      {},
      element('td', {}, short(text, 60)),
      element('td', {}, percent(probability)),
      element('td', {}, bar),
    );
  });
  return section(title, scrolling(element('table', {}, element('tbody', {}, ...rows))));
}

const methods = [
  ['occlusion', 'occlusion', 'by how much the difference falls when the word is replaced'],
  ['integrated', 'integrated gradients', 'shares whose sum is the whole difference (Sundararajan et al. 2017)'],
  ['gradientInput', 'gradient x input', 'the slope of the difference, along the embedding'],
] as const;

export function attribution(found: Attribution): HTMLElement {
  const { target, other, score, replacement, replacedScore, words } = found;
  const most = Object.fromEntries(
    methods.map(([key]) => [key, Math.max(...words.map((word) => Math.abs(word[key])))]),
  ) as Record<(typeof methods)[number][0], number>;
  const spans = words.map((word) => {
    const span = element('span', { class: 'token' }, flowing(word.text));
    explains(span, () => [short(word.text, 60), ...methods.map(([key, name]) => `${signed(word[key])}  ${name}`)]);
    return span;
  });
  arrowKeys(spans);
  const explained = note('');
  const colour = (method: (typeof methods)[number]) => {
    const [key, , what] = method;
    spans.forEach((span, i) => {
      span.classList.remove('heat', 'cold');
      shade(span, words[i]![key], most[key]);
    });
    explained.textContent = `Red for, blue against: ${what}.`;
  };
  const choices = methods.map((method, i) => {
    const radio = element('input', { type: 'radio', name: 'method', checked: i === 0 });
    radio.addEventListener('change', () => colour(method));
    return element('label', {}, radio, ` ${method[1]}`);
  });
  colour(methods[0]);
  return section(
    `Why ${short(target)} rather than ${short(other)}`,
    note(
      `Difference of logits ${signed(score)}; ${signed(replacedScore)} with ${short(replacement)} in place of every token.`,
    ),
    element('div', { class: 'choices', role: 'group', 'aria-label': 'method' }, ...choices),
    explained,
    element('div', { class: 'text' }, ...spans),
    element('details', {}, element('summary', {}, 'as a table'), wordTable(words, most)),
  );
}

function wordTable(words: readonly WordShares[], most: Record<(typeof methods)[number][0], number>): HTMLElement {
  const rows = words.map((word) => {
    const numbers = methods.map(([key]) => {
      const cell = element('td', {}, signed(word[key]));
      shade(cell, word[key], most[key]);
      return cell;
    });
    return element('tr', {}, element('td', { class: 'mono' }, short(word.text)), ...numbers);
  });
  const header = element(
    'tr',
    {},
    ...['word', ...methods.map(([, name]) => name)].map((name) => element('th', { scope: 'col' }, name)),
  );
  return scrolling(element('table', {}, element('thead', {}, header), element('tbody', {}, ...rows)));
}

export function patching({ target, other, score, againstScore, tokens, againstTokens, change }: Patching): HTMLElement {
  const most = Math.max(...change.flat().map(Math.abs));
  const names = change.map((_, layer) => (layer === 0 ? 'embeddings' : `block ${layer}`));
  const cells: HTMLElement[] = [];
  const rows = tokens.map((token, t) => {
    const against = againstTokens[t]!;
    const row = change.map((layer, l) => {
      const cell = element('td', { class: 'number' }, signed(layer[t]!) === '0.00' ? '' : signed(layer[t]!));
      shade(cell, layer[t]!, most);
      const share = (100 * layer[t]!) / (score - againstScore);
      explains(cell, () => [
        `${short(token)} at ${names[l]}: ${signed(layer[t]!)}, ${share.toFixed(0)} % of the difference`,
      ]);
      cells.push(cell);
      return cell;
    });
    return element(
      'tr',
      {},
      element('th', { scope: 'row', class: 'mono' }, short(token, 14)),
      element('td', { class: 'mono' }, against === token ? '' : short(against, 14)),
      ...row,
    );
  });
  arrowKeys(cells, change.length);
  const header = element(
    'tr',
    {},
    ...['token', 'against', ...names].map((name) => element('th', { scope: 'col' }, name)),
  );
  return section(
    `Where the texts differ for ${short(target)} rather than ${short(other)}`,
    note(
      `Difference of logits ${signed(score)}, after the other text ${signed(againstScore)}. A cell is its change when the residual stream there is patched into the pass over the other text.`,
    ),
    scrolling(element('table', { class: 'grid' }, element('thead', {}, header), element('tbody', {}, ...rows))),
  );
}
