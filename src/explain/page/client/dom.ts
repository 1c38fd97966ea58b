// Elements out of plain values. Text from models only ever becomes text.
import { visible, visibleLine } from '../../../visible-text.js';

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element; an attribute that is undefined or false is absent, one that is true is empty. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : String(value));
  made.append(...children);
  return made;
}

/** Colours an element: hot above zero, cold below, the stronger the nearer to `most`. */
export function shade(target: HTMLElement, value: number, most: number): void {
  target.classList.add(value < 0 ? 'cold' : 'heat');
  target.style.setProperty('--v', String(Math.min(1, Math.abs(value) / (most || 1)) * 0.75));
}

function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text;
}

/** A token in a running text: line feeds break lines. */
export const flowing = (text: string) => cut(visible(text), 200).replaceAll('\n', '↵\n');

/** A token on one line, with its spaces shown. */
export const short = (text: string, most = 24) => cut(visibleLine(text), most).replaceAll(' ', '␣');

export const percent = (probability: number) => `${(100 * probability).toFixed(1)} %`;

/** With its sign, unless it rounds to zero. */
export function signed(value: number): string {
  const digits = Math.abs(value).toFixed(2);
  return digits === '0.00' ? digits : `${value < 0 ? '−' : '+'}${digits}`;
}

export const section = (title: string, ...children: readonly (Node | string)[]) =>
  element('section', {}, element('h2', {}, title), ...children);

export const note = (text: string) => element('p', { class: 'dim' }, text);

export const scrolling = (child: Node) => element('div', { class: 'scroll', tabindex: 0 }, child);

const tip = element('div', { id: 'tip', role: 'tooltip', hidden: true });
document.body.append(tip);

/** Shows lines next to a place of the window. */
export function showTip(
  lines: readonly string[],
  { left, bottom, top }: { left: number; bottom: number; top: number },
): void {
  tip.replaceChildren(...lines.map((line) => element('div', {}, line)));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 8))}px`;
  tip.style.top = `${bottom + height + 8 < innerHeight ? bottom + 6 : Math.max(4, top - height - 6)}px`;
}

export function hideTip(): void {
  tip.hidden = true;
}

addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') hideTip();
});
addEventListener('scroll', hideTip, { capture: true, passive: true });

/** Lines that appear on hover and on focus. */
export function explains(target: HTMLElement, lines: () => readonly string[]): void {
  const show = () => {
    showTip(lines(), target.getBoundingClientRect());
    target.setAttribute('aria-describedby', tip.id);
  };
  target.addEventListener('mouseenter', show);
  target.addEventListener('focus', show);
  target.addEventListener('mouseleave', hideTip);
  target.addEventListener('blur', hideTip);
}

/** One stop of the Tab key for all of the items; the arrow keys go from one to the next. */
export function arrowKeys(items: readonly HTMLElement[], perRow = 1): void {
  items.forEach((item, i) => {
    item.tabIndex = i === 0 ? 0 : -1;
    item.addEventListener('keydown', (event) => {
      const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perRow, ArrowDown: perRow };
      const next = items[i + (steps[event.key] ?? Number.NaN)];
      if (!next) return;
      event.preventDefault();
      item.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  });
}
