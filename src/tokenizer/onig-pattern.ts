// Rewrites the regular expressions of tokenizer.json files (Oniguruma's syntax) for JavaScript: `\s` is Unicode's
// White_Space, `(?i:...)` is spelled out, possessive quantifiers and atomic groups become look-aheads.
// What it does not know is an error, never another meaning.
import { GptError } from '../errors.js';

const classEscapes: Record<string, string> = {
  s: '\\p{White_Space}',
  S: '\\P{White_Space}',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  h: '0-9a-fA-F',
  w: '\\p{L}\\p{M}\\p{Nd}\\p{Pc}',
};
/** ASCII letters that Unicode folds with a character outside ASCII. */
const extraCases: Record<string, string> = { s: '\u017f', k: '\u212a' };
const syntaxChars = '^$\\.*+?()[]{}|/';

/** Compiles with the flags `gu`. Throws `tokenizer/pattern`. */
export function compilePattern(source: string): RegExp {
  try {
    return new RegExp(new Translation(source).run(), 'gu');
  } catch (error) {
    if (error instanceof GptError) throw error;
    throw unsupported(source, (error as Error).message, error);
  }
}

function unsupported(source: string, what: string, cause?: unknown): GptError {
  return new GptError(
    'tokenizer/pattern',
    `the pre-tokenizer's pattern ${JSON.stringify(source)} is not supported: ${what}`,
    { cause },
  );
}

class Translation {
  private at = 0;
  private groups = 0;

  constructor(private readonly source: string) {}

  run(): string {
    const out = this.alternatives(false);
    if (this.at < this.source.length) throw this.error('unmatched )');
    return out;
  }

  private error(what: string): GptError {
    return unsupported(this.source, what);
  }

  /** Everything up to the end or the closing parenthesis, which is left for the caller. */
  private alternatives(outerFold: boolean): string {
    let fold = outerFold;
    let out = '';
    while (this.at < this.source.length && this.source[this.at] !== ')') {
      if (this.take('|')) out += '|';
      else if (this.take('(?i)')) fold = true;
      else out += this.quantified(this.atom(fold));
    }
    return out;
  }

  private take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private atom(fold: boolean): string {
    const char = String.fromCodePoint(this.source.codePointAt(this.at)!);
    if (char === '(') return this.group(fold);
    if (char === '[') return this.set(fold);
    this.at += char.length;
    if (char === '\\') return this.escape(false);
    if (char === '.') return '[^\\n]';
    if (char === '^') return '(?<![^\\n])';
    if (char === '$') return '(?![^\\n])';
    if ('*+?'.includes(char)) throw this.error(`nothing to repeat before ${char}`);
    if (fold) return this.folded(char);
    return syntaxChars.includes(char) ? `\\${char}` : char;
  }

  private folded(char: string): string {
    if (!/[a-z]/i.test(char)) {
      if (char.toLowerCase() !== char.toUpperCase()) throw this.error(`case folding of ${char}`);
      return syntaxChars.includes(char) ? `\\${char}` : char;
    }
    const lower = char.toLowerCase();
    return `[${lower}${char.toUpperCase()}${extraCases[lower] ?? ''}]`;
  }

  private group(fold: boolean): string {
    const opening = ['(?:', '(?=', '(?!', '(?<=', '(?<!', '(?>', '(?i:', '(?-i:'].find((text) => this.take(text));
    if (!opening) {
      this.at++;
      if (this.source[this.at] === '?') throw this.error(`the group (${this.source.slice(this.at, this.at + 3)}`);
    }
    const inner = this.alternatives(opening === '(?i:' || (fold && opening !== '(?-i:'));
    if (!this.take(')')) throw this.error('unclosed group');
    if (opening === '(?>') return this.atomic(inner);
    return `${opening === undefined || opening.includes('i') ? '(?:' : opening}${inner})`;
  }

  private atomic(inner: string): string {
    const name = `atomic${this.groups++}`;
    return `(?:(?=(?<${name}>${inner}))\\k<${name}>)`;
  }

  /** Adds the quantifiers that follow; several in a row nest, as in Ruby's syntax. */
  private quantified(atom: string): string {
    let out = atom;
    for (;;) {
      const found = /^(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})/.exec(this.source.slice(this.at, this.at + 24));
      if (!found) return out;
      this.at += found[0].length;
      const quantifier = found[0].replace('{,', '{0,');
      if (this.take('?')) out = `(?:${out}${quantifier}?)`;
      else if (quantifier.length === 1 && this.take('+')) out = this.atomic(out + quantifier);
      else out = `(?:${out}${quantifier})`;
    }
  }

  /** After a backslash. */
  private escape(inSet: boolean): string {
    const char = this.source[this.at++];
    if (char === undefined) throw this.error('a backslash at the end');
    if (char === 'p' || char === 'P') return this.property(char);
    if (char === 'W') {
      if (inSet) throw this.error('\\W in brackets');
      return `[^${classEscapes['w']}]`;
    }
    const known = classEscapes[char];
    if (known) return inSet || !'hw'.includes(char) ? known : `[${known}]`;
    if ('nrtfv'.includes(char)) return `\\${char}`;
    if (char === 'x') return this.hex();
    if (char === 'u' && /^[0-9a-fA-F]{4}/.test(this.source.slice(this.at))) {
      this.at += 4;
      return `\\u${this.source.slice(this.at - 4, this.at)}`;
    }
    if (/[0-9A-Za-z]/.test(char)) throw this.error(`\\${char}`);
    return syntaxChars.includes(char) || (inSet && char === '-') ? `\\${char}` : char;
  }

  private hex(): string {
    const found = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/.exec(this.source.slice(this.at));
    if (!found) throw this.error('\\x');
    this.at += found[0].length;
    return `\\u{${found[1] ?? found[2]}}`;
  }

  private property(letter: 'p' | 'P'): string {
    const found = /^\{(\^?)(\w+)\}/.exec(this.source.slice(this.at));
    if (!found) throw this.error(`\\${letter} without a name in braces`);
    this.at += found[0].length;
    const negated = (letter === 'P') !== (found[1] === '^');
    for (const name of [found[2]!, `Script=${found[2]!.replace(/^Is/, '')}`]) {
      try {
        new RegExp(`\\p{${name}}`, 'u');
        return `\\${negated ? 'P' : 'p'}{${name}}`;
      } catch {
        // not a general property: try it as a script
      }
    }
    throw this.error(`the property ${found[2]}`);
  }

  private set(fold: boolean): string {
    this.at++;
    let out = this.take('^') ? '[^' : '[';
    for (let first = true; first || this.source[this.at] !== ']'; first = false) {
      if (this.at >= this.source.length) throw this.error('unclosed [');
      if (this.source[this.at] === '[' || this.source.startsWith('&&', this.at))
        throw this.error('nested sets in brackets');
      const char = String.fromCodePoint(this.source.codePointAt(this.at)!);
      this.at += char.length;
      if (char === '\\') out += this.escape(true);
      else if (fold && /[a-z]/i.test(char)) out += this.foldedInSet(char);
      else if (char === '-') out += this.isRange(out) ? '-' : '\\-';
      else out += syntaxChars.includes(char) ? `\\${char}` : char;
    }
    this.at++;
    return `${out}]`;
  }

  /** Whether the hyphen just read stands between two characters. */
  private isRange(out: string): boolean {
    return (
      !/^\[\^?$/.test(out) &&
      !/\}$/.test(out) &&
      this.source[this.at] !== ']' &&
      !/^\\[pPsSdDwW]/.test(this.source.slice(this.at))
    );
  }

  private foldedInSet(char: string): string {
    const range = /^-([a-zA-Z])/.exec(this.source.slice(this.at));
    const last = range ? range[1]! : char;
    if (range) this.at += 2;
    const [low, high] = [char.toLowerCase(), last.toLowerCase()];
    let extra = '';
    for (const [letter, other] of Object.entries(extraCases)) if (low <= letter && letter <= high) extra += other;
    return `${low}-${high}${low.toUpperCase()}-${high.toUpperCase()}${extra}`;
  }
}
