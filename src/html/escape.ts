// Text and data made safe for a page: shown, never obeyed.

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as content of an element or as a value in quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/** JSON as content of a script element: nothing in it can end the element. Numbers keep `digits` significant digits. */
export function jsonForScript(value: unknown, digits = 17): string {
  const rounded = (_key: string, each: unknown) => (typeof each === 'number' ? Number(each.toPrecision(digits)) : each);
  return JSON.stringify(value, rounded).replaceAll('<', '\\u003c');
}
