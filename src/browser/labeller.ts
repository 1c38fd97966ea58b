// The page of a classifier: a text, and the scores of its labels or choices.
import type { InferenceSession } from 'onnxruntime-web/wasm';
import { encodeClassification } from '../dataset/labelled/encode.js';
import { softmax } from '../sample/filters/filter.js';
import { classificationToken, specialToken } from '../tokenizer/extend.js';
import type { Tokenizer } from '../tokenizer/types.js';
import { breathe, find, shareRow } from './elements.js';
import type { PageFacts } from './payload.js';
import { scoresOf } from './session.js';

export class Labeller {
  private readonly scores = find('scores');
  private readonly status = find('status');
  private readonly start = find<HTMLButtonElement>('start');

  constructor(
    private readonly session: InferenceSession,
    private readonly tokenizer: Tokenizer,
    private readonly facts: PageFacts,
  ) {
    find<HTMLFormElement>('labeller').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.label();
    });
    this.start.disabled = false;
  }

  private async label(): Promise<void> {
    this.start.disabled = true;
    this.status.className = '';
    this.status.textContent = '…';
    await breathe();
    try {
      const { names, logits, cut } = await this.read(find<HTMLTextAreaElement>('text').value);
      const shares = [...softmax(logits)].map((share, i) => ({ name: names[i]!, share }));
      shares.sort((a, b) => b.share - a.share);
      this.scores.replaceChildren(...shares.map(({ name, share }, i) => shareRow(name, share, i === 0)));
      this.status.textContent = cut
        ? `the text is longer than the context of ${this.facts.blockSize} tokens: its end is not read`
        : '';
    } catch (error) {
      this.status.className = 'error';
      this.status.textContent = (error as Error).message;
    }
    this.start.disabled = false;
  }

  private async read(text: string): Promise<{ names: readonly string[]; logits: Float32Array; cut: boolean }> {
    const { labels = [], choices } = this.facts;
    if (!choices) {
      const { logits, cut } = await this.scored(text);
      return { names: labels, logits, cut };
    }
    const names = find<HTMLTextAreaElement>('choices')
      .value.split('\n')
      .filter((line) => line.trim() !== '');
    if (names.length === 0) throw new Error('there is no choice: write one on each line');
    const logits = new Float32Array(names.length);
    let cut = false;
    for (const [i, choice] of names.entries()) {
      const scored = await this.scored(text, choice);
      logits[i] = scored.logits[0]!;
      cut ||= scored.cut;
    }
    return { names, logits, cut };
  }

  private async scored(text: string, second?: string): Promise<{ logits: Float32Array; cut: boolean }> {
    const example = { kind: 'classify', place: '', text, ...(second !== undefined && { second }) } as const;
    const end = specialToken(this.tokenizer, classificationToken);
    const around = end === undefined ? {} : { end };
    const { ids, cut } = encodeClassification(example, this.tokenizer, this.facts.blockSize, [], around);
    return { logits: await scoresOf(this.session, [...ids]), cut: cut !== 'nothing' };
  }
}
