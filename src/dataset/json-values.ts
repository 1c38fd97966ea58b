// Parses one JSON text as data sets have it: no digit of a large number is lost, and Python's NaN is read. Knows no lines.

/** A number that JavaScript may round: sixteen digits or more, or an exponent. */
const longNumber = /\d[\d.]{15}|\d[eE][+-]?\d/;

/** What Python's json module writes outside the standard. */
const pythonOnly = /NaN|Infinity/;

/**
 * `JSON.parse`, except that a number which JavaScript cannot hold becomes a string of its own digits
 * (12345678901234567891), NaN becomes null, and Infinity becomes a string.
 * @throws SyntaxError of `JSON.parse` for anything else that is not JSON
 */
export function parseJsonValue(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!pythonOnly.test(text)) throw error;
    try {
      return JSON.parse(replaceLiterals(text));
    } catch {
      throw error;
    }
  }
  return longNumber.test(text) ? JSON.parse(replaceLiterals(text)) : value;
}

const literal = /-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN/g;

/** The same text with the literals outside strings that `JSON.parse` would refuse or round written in another way. */
function replaceLiterals(text: string): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const between = text.slice(at, quote < 0 ? text.length : quote);
    parts.push(between.replace(literal, replacement));
    if (quote < 0) break;
    at = endOfString(text, quote);
    parts.push(text.slice(quote, at));
  }
  return parts.join('');
}

function replacement(found: string): string {
  if (found === 'NaN') return 'null';
  const read = String(Number(found)); // Infinity stays Infinity
  const kept = /\d/.test(read) && sameNumber(found, read) && (!read.includes('e') || /e/i.test(found));
  return kept ? found : `"${found}"`;
}

/** Behind the closing quote of the string that begins at `quote`; the end of the text if it is never closed. */
function endOfString(text: string, quote: number): number {
  for (let end = text.indexOf('"', quote + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** Whether two decimal notations mean the same number: 1.50 and 1.5, 1e3 and 1000. */
function sameNumber(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

/** Significant digits and the exponent of the last of them. */
function canonical(notation: string): string {
  const [mantissa = '', exponent = '0'] = notation.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  const sign = mantissa.startsWith('-') ? '-' : '';
  return `${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}
