// The page of a model that writes: a prompt, and its continuation piece by piece.
import type { InferenceSession } from 'onnxruntime-web/wasm';
import { ChatTemplate } from '../chat/template.js';
import { type FilterValues, samplingFilters } from '../sample/filters/index.js';
import { beginningOf, generate, pickOf } from '../sample/index.js';
import type { Tokenizer } from '../tokenizer/types.js';
import { AlternativesPanel, type Draw, drawOf } from './alternatives.js';
import { breathe, find, make } from './elements.js';
import type { PageFacts } from './payload.js';
import { SessionDecoder } from './session.js';

/** Milliseconds of computing between two chances to draw. */
const frame = 15;

export class Writer {
  private readonly form = find<HTMLFormElement>('writer');
  private readonly output = find('output');
  private readonly status = find('status');
  private readonly start = find<HTMLButtonElement>('start');
  private readonly stop = find<HTMLButtonElement>('stop');
  private readonly panel: AlternativesPanel;
  private writing: AbortController | undefined;

  private constructor(
    private readonly session: InferenceSession,
    private readonly tokenizer: Tokenizer,
    private readonly facts: PageFacts,
    private readonly template: ChatTemplate | undefined,
  ) {
    this.panel = new AlternativesPanel(tokenizer);
    const temperature = find<HTMLInputElement>('temperature');
    const show = () => {
      find('temperature-value').textContent = temperature.value;
    };
    temperature.addEventListener('input', show);
    show();
    this.stop.addEventListener('click', () => this.writing?.abort());
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.write();
    });
    find('prompt').addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.start.disabled = false;
  }

  static async create(session: InferenceSession, tokenizer: Tokenizer, facts: PageFacts): Promise<Writer> {
    const { chat } = facts;
    const template = chat && (await ChatTemplate.compile(chat.template, tokenizer, chat.tokens));
    return new Writer(session, tokenizer, facts, template);
  }

  private async write(): Promise<void> {
    if (this.writing) return;
    this.writing = new AbortController();
    this.setWriting(true);
    try {
      await this.continue(find<HTMLTextAreaElement>('prompt').value, this.writing.signal);
    } catch (error) {
      if (!this.writing.signal.aborted) this.report((error as Error).message, 'error');
      else this.report('stopped');
    } finally {
      this.writing = undefined;
      this.setWriting(false);
    }
  }

  private async continue(prompt: string, signal: AbortSignal): Promise<void> {
    const { tokenizer, facts, output } = this;
    const { vocabSize, blockSize } = facts;
    const settings = this.settings();
    const ids = this.idsOf(prompt);
    const note = ids.length > blockSize ? `; only the last ${blockSize} of ${ids.length} prompt tokens are read` : '';
    output.replaceChildren(make('span', { text: prompt, className: this.template ? 'question' : 'prompt' }));
    this.panel.hide();
    this.report('…');
    const draws: Draw[] = [];
    let drawn = performance.now();
    const events = generate({
      decoder: new SessionDecoder(this.session, facts),
      ...{ prompt: ids, blockSize, signal },
      // A conversation does not slide out of the context.
      maxNewTokens: this.template ? Math.min(settings.maxNewTokens, blockSize - ids.length) : settings.maxNewTokens,
      pick: pickOf(settings, 0, { vocabSize: Math.min(vocabSize, tokenizer.vocabSize), unknown: tokenizer.unknown }),
      text: tokenizer.decoder(),
      endOfText: tokenizer.endOfText < vocabSize ? tokenizer.endOfText : null,
      ends: new Set(facts.ends),
      observe: (id, logits) => draws.push(drawOf(id, logits)),
    });
    for await (const event of events) {
      if (event.kind === 'end') {
        const { tokens, tokensPerSecond } = event;
        this.report(`${tokens.length} tokens, ${tokensPerSecond.toFixed(0)} tokens/s${note}`);
        continue;
      }
      // Answers begin with a blank in many templates.
      const text = this.template && output.childElementCount === 1 ? event.text.trimStart() : event.text;
      if (text === '') continue;
      const piece = make('span', { text, className: 'piece' });
      this.panel.attach(piece, draws.splice(0));
      output.append(piece);
      if (performance.now() - drawn < frame) continue;
      await breathe();
      drawn = performance.now();
    }
  }

  private idsOf(prompt: string): readonly number[] {
    const { tokenizer, template, facts } = this;
    const all = template ? template.prompt([{ role: 'user', content: prompt }]) : [...tokenizer.encode(prompt)];
    const ids = all.filter((id) => id < facts.vocabSize);
    return ids.length > 0 ? ids : [beginningOf(tokenizer, facts.vocabSize)];
  }

  /** What `gpt-cli sample` has by default, but for what the form asks. */
  private settings() {
    const number = (id: string) => find<HTMLInputElement>(id).valueAsNumber;
    const filters = Object.entries(samplingFilters).map(([name, { setting }]) => [name, setting.default]);
    return {
      ...(Object.fromEntries(filters) as FilterValues),
      temperature: number('temperature'),
      greedy: number('temperature') === 0,
      maxNewTokens: number('length') || 1,
      seed: number('seed') || 0,
    };
  }

  private setWriting(writing: boolean): void {
    this.start.disabled = writing;
    this.stop.disabled = !writing;
    this.output.setAttribute('aria-busy', String(writing));
  }

  private report(text: string, className = ''): void {
    this.status.textContent = text;
    this.status.className = className;
  }
}
