// Elements of the page. Text from models and people is only ever set as text.

/** @throws Error where the page lacks it */
export function find<E extends HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element "${id}"`);
  return found as E;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { text, className }: { readonly text?: string; readonly className?: string } = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className !== undefined) element.className = className;
  return element;
}

/** A row of a table of shares: a name, a bar, a percentage. */
export function shareRow(name: string, share: number, chosen = false): HTMLElement {
  const row = make('div', { className: chosen ? 'share chosen' : 'share' });
  const bar = make('span', { className: 'bar' });
  bar.style.setProperty('--share', String(share));
  row.append(make('span', { text: name, className: 'name' }), bar, percentage(share));
  return row;
}

function percentage(share: number): HTMLElement {
  return make('span', { text: `${(100 * share).toFixed(share < 0.001 ? 2 : 1)} %`, className: 'number' });
}

/** Lets the browser draw, and handle what was clicked. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
