// Cuts a document into pieces that can be tokenized one by one, with the same ids as the whole.
//
// A byte-level BPE first splits text by a regular expression and merges within its matches only. A match depends on the
// text after its beginning alone, so a cut is exact where (1) a match of the whole text begins, and (2) the matches
// before it come out the same when the text ends there. For GPT-2's expression
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// and the later ones of its family (cl100k, o200k, Llama 3) that holds
//   - before a space that follows a letter, digit, mark of punctuation or symbol: no match continues over a space;
//   - before any white space that follows a letter or digit (punctuation may take line ends with it in the later ones);
//   - after a single \n between such a character and a letter or digit (`\s+(?!\S)` cannot stop earlier);
//   - between a letter and punctuation that is no apostrophe: text without spaces (Chinese) has these.
// It does not hold between white space and a word (the last blank belongs to the word), nor inside a run of blanks.

const word = /[\p{L}\p{N}]/u;
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;
const letter = /\p{L}/u;
const stop = /[^\P{P}'\u2019]/u;
const white = /\s/;

/** Whether tokenizing text[0, at) and text[at, end) apart gives the ids of the whole (see above). */
export function isSafeCut(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return false;
  const after = characterAt(text, at);
  const before = characterBefore(text, at);
  if (after === ' ') return visible.test(before);
  if (white.test(after)) return word.test(before);
  if (before === '\n') return word.test(after) && at >= 2 && visible.test(characterBefore(text, at - 1));
  return stop.test(after) && letter.test(before);
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

function characterBefore(text: string, at: number): string {
  const unit = text.charCodeAt(at - 1);
  const pair = unit >= 0xdc00 && unit <= 0xdfff && at >= 2;
  const lead = pair ? text.charCodeAt(at - 2) : 0;
  return lead >= 0xd800 && lead <= 0xdbff ? text.slice(at - 2, at) : text.charAt(at - 1);
}

/**
 * Collects text and hands it out in pieces cut at safe places.
 * Text without any safe place for `longest` UTF-16 units (pathological) is cut between two characters.
 */
export class PieceCutter {
  private pending = '';
  private searched = 0;

  constructor(
    private readonly target = 1 << 16,
    private readonly longest = 1 << 20,
  ) {}

  /** The pieces that are complete with this text; often none or one. */
  *push(text: string): Generator<string> {
    this.pending += text;
    while (this.pending.length >= this.target) {
      const cut = this.findCut();
      if (cut === 0) return;
      yield this.pending.slice(0, cut);
      this.pending = this.pending.slice(cut);
      this.searched = 0;
    }
  }

  /** The rest of the document, '' if there is none. */
  flush(): string {
    const rest = this.pending;
    this.pending = '';
    this.searched = 0;
    return rest;
  }

  private findCut(): number {
    const { pending } = this;
    const end = Math.min(pending.length, this.longest);
    for (let at = end; at > this.searched; at--) if (isSafeCut(pending, at)) return at;
    this.searched = end - 1; // the last place had no character after it to look at
    if (pending.length <= this.longest) return 0;
    const low = pending.charCodeAt(this.longest);
    return low >= 0xdc00 && low <= 0xdfff ? this.longest - 1 : this.longest;
  }
}
