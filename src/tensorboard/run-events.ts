// The events of a training run as TensorBoard shows them: scalars, samples and settings as text, histograms of parameters.
import type { EvalEvent, RunEvent, StepEvent } from '../events.js';
import { EventFile, type EventFileOptions } from './event-file.js';
import { histogramOf } from './histogram.js';
import { textValue, type ValueMessage } from './messages.js';

/** Parameters as they are now. */
export interface Parameters {
  readonly specs: readonly { readonly name: string; readonly trainable?: boolean }[];
  read(slot: 'parameter', name: string): Promise<Float32Array>;
}

export interface TensorBoardOptions extends EventFileOptions {
  /** Where the event files are. */
  readonly folder: string;
  readonly settings: object;
  readonly parameters: Parameters;
}

const stepTags = {
  loss: 'train/loss',
  lr: 'train/learning_rate',
  gradNorm: 'train/grad_norm',
  tokensPerSecond: 'train/tokens_per_second',
  memoryMB: 'train/memory_mb',
} as const satisfies Partial<Record<keyof StepEvent, string>>;

const evalTags = {
  valLoss: 'eval/loss',
  trainLoss: 'eval/train_loss',
  bitsPerByte: 'eval/bits_per_byte',
  accuracy: 'eval/accuracy',
  macroF1: 'eval/macro_f1',
} as const satisfies Partial<Record<keyof EvalEvent, string>>;

/** Writes nothing before the first event of a step: a run that fails earlier leaves no file. */
export class TensorBoard {
  private file: EventFile | undefined;

  constructor(private readonly options: TensorBoardOptions) {}

  /** @throws GptError `checkpoint/...` where the file cannot be written */
  async add(event: RunEvent): Promise<void> {
    switch (event.event) {
      case 'step':
        this.open().values(event.iter, scalars(event, stepTags));
        break;
      case 'eval':
        this.open().values(event.iter, [...scalars(event, evalTags), ...(await this.histograms())]);
        break;
      case 'text':
        this.open().values(event.iter, [textValue('sample', verbatim(event.text))]);
        break;
    }
  }

  close(): void {
    this.file?.close();
  }

  private open(): EventFile {
    const { folder, settings, firstStep } = this.options;
    if (this.file === undefined) {
      this.file = EventFile.create(folder, this.options);
      this.file.values(firstStep, [textValue('settings', verbatim(JSON.stringify(settings, null, 2)))]);
    }
    return this.file;
  }

  private async histograms(): Promise<ValueMessage[]> {
    const { parameters } = this.options;
    const values: ValueMessage[] = [];
    for (const { name, trainable = true } of parameters.specs) {
      if (!trainable) continue;
      const histo = histogramOf(await parameters.read('parameter', name));
      if (histo) values.push({ tag: `parameters/${name}`, histo });
    }
    return values;
  }
}

/** Numbers that are absent or NaN are not written: a loss without data, for example. */
function scalars<E extends object>(event: E, tags: Partial<Record<keyof E, string>>): ValueMessage[] {
  return (Object.entries(tags) as [keyof E, string][]).flatMap(([key, tag]) => {
    const value = event[key];
    return typeof value === 'number' && !Number.isNaN(value) ? [{ tag, simpleValue: value }] : [];
  });
}

/** As a block of code in Markdown, in which nothing is markup. */
const verbatim = (text: string) =>
  text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => `    ${line}`)
    .join('\n');
