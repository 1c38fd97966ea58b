// A training run on a terminal: events become a page that is drawn a few times a second. What others print meanwhile is kept,
// shown on the page, and printed where it belongs when the page is left.
import type { EvalEvent, RunEvent, StartEvent, StepEvent, TextEvent } from '../../events.js';
import type { Context, Output } from '../context.js';
import { Estimate } from '../remaining-time.js';
import { History } from './history.js';
import { Screen } from './screen.js';
import { pageLines } from './training-page.js';

/** Milliseconds between two drawings: a page that changes faster is not read. */
const interval = 250;
/** Texts that are kept for when the page is left; older ones are in the run's log. */
const mostKept = 1000;

export class TrainingView {
  private readonly screen: Screen;
  private readonly training = new History();
  private readonly validation = new History();
  private readonly rates = new History();
  private readonly messages: string[] = [];
  private readonly kept: { readonly text: string; readonly stream: Output }[] = [];
  private step: StepEvent | undefined;
  private evaluation: EvalEvent | undefined;
  private best: EvalEvent | undefined;
  private sample: TextEvent | undefined;
  private phase: string | undefined;
  private readonly estimate: Estimate;
  private eta: number | undefined;
  /** When the last step was reported. */
  private at: number;
  private drawn = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly context: Context,
    private readonly start: StartEvent,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.estimate = new Estimate(start.maxIters, start.maxTime ?? null);
    this.at = clock();
    const { paint, streams } = context;
    this.screen = new Screen(streams.stdout, { render: (size) => pageLines(this.page(), size, paint) });
  }

  open(): void {
    this.context.divert = (text, stream) => {
      this.messages.push(...text.split('\n').filter((line) => line.trim() !== ''));
      this.later(text, stream);
      this.draw();
    };
    this.screen.open();
    this.timer = setInterval(() => this.draw(), 1000);
    this.timer.unref();
  }

  /** Printed when the page is left. */
  later(text: string, stream: Output = this.context.streams.stdout): void {
    this.kept.push({ text, stream });
    if (this.kept.length > mostKept) this.kept.shift();
    if (this.messages.length > mostKept) this.messages.shift();
  }

  /** The terminal is then as it was before, and what was kept is printed. */
  close(): void {
    clearInterval(this.timer);
    this.screen.close();
    this.context.divert = undefined;
    for (const { text, stream } of this.kept.splice(0)) this.context.writeTo(stream, text);
  }

  add(event: RunEvent): void {
    switch (event.event) {
      case 'step':
        this.step = event;
        this.phase = undefined;
        this.at = this.clock();
        this.eta = this.estimate.secondsLeft(event.iter, event.elapsed);
        this.training.add(event.iter, event.loss);
        this.rates.add(event.iter, event.lr);
        break;
      case 'eval':
        this.evaluation = event;
        this.validation.add(event.iter, event.valLoss);
        if (!this.best || event.valLoss < this.best.valLoss) this.best = event;
        break;
      case 'text':
        this.sample = event;
        break;
      case 'phase':
        this.phase = event.finished ? undefined : event.name;
        break;
    }
    if (this.clock() - this.drawn >= interval) this.draw();
  }

  private draw(): void {
    this.drawn = this.clock();
    this.screen.redraw();
  }

  private page() {
    const { start, step, evaluation, best, sample, eta, phase, training, validation, rates, messages } = this;
    const elapsed = (step?.elapsed ?? 0) + (this.clock() - this.at) / 1000;
    return { start, step, evaluation, best, sample, eta, phase, training, validation, rates, messages, elapsed };
  }
}
