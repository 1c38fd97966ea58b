// What an exported page carries besides its program, and how that is read. Written by export/html.

export interface PageFacts {
  readonly name: string;
  /** In words: family, parameters, context. */
  readonly summary: string;
  readonly nLayer: number;
  readonly vocabSize: number;
  readonly blockSize: number;
  /** How many positions are kept: the context, or less where every block has a window. */
  readonly reach: number;
  /** Whether positions are rotary: a full context then drops its oldest one. */
  readonly rotary: boolean;
  /** K and D: heads of keys and values, and their width. */
  readonly cache: { readonly heads: number; readonly width: number };
  /** A classifier's classes; absent: the model writes. */
  readonly labels?: readonly string[] | undefined;
  /** Whether the classifier scores choices instead of labels. */
  readonly choices?: boolean;
  /** The content of tokenizer.json, and the token that ends a text. */
  readonly tokenizer: unknown;
  readonly endOfText: string;
  /** A chat template with the special tokens that it names; absent: the model continues texts. */
  readonly chat?: { readonly template: string; readonly tokens: Readonly<Record<string, string>> } | undefined;
  /** More tokens that end a text. */
  readonly ends: readonly number[];
}

/** Ids of the elements that hold data. */
export const dataIds = { facts: 'facts', model: 'model', runtime: 'runtime' } as const;

export function readFacts(document: Document): PageFacts {
  return JSON.parse(textOf(document, dataIds.facts)) as PageFacts;
}

/** Bytes that the page holds as base64 of a gzip stream. The element is emptied: the text is large. */
export async function readBytes(document: Document, id: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(textOf(document, id).trim()), (character) => character.charCodeAt(0));
  document.getElementById(id)!.textContent = '';
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function textOf(document: Document, id: string): string {
  const text = document.getElementById(id)?.textContent;
  if (!text) throw new Error(`the page has no "${id}": it was cut off when it was saved or sent`);
  return text;
}
