// Elements of a page, and the colours of its styles.

type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A colour as the styles define it now: they differ by scheme, and in print. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export const runColour = (run: number): string => colour(`run-${run % 8}`);

/** Calls `draw` again when colours change. */
export function onColours(draw: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  const print = (printing: boolean) => () => {
    document.documentElement.classList.toggle('print', printing);
    draw();
  };
  addEventListener('beforeprint', print(true));
  addEventListener('afterprint', print(false));
}
