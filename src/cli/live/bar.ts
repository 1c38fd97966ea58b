// One line at the bottom of a terminal that is drawn over and over: a bar and a few words around it.
import cliProgress from 'cli-progress';
import type { StartEvent, StepEvent } from '../../events.js';
import type { Output } from '../context.js';
import { count, loss, rate, short, time } from '../format.js';

interface Payload {
  readonly before: string;
  readonly after: string;
}

/** Without a total only the texts are shown. */
function draw(options: cliProgress.Options, params: cliProgress.Params, { before, after }: Payload): string {
  if (params.total <= 0) return `${before} ${after}`;
  const bar = cliProgress.Format.BarFormat(Math.min(1, Math.max(0, params.progress)), options);
  return `${before} ${bar} ${after}`;
}

export class LiveBar {
  private bar: cliProgress.SingleBar | undefined;
  private total = 0;

  constructor(private readonly stream: Output) {}

  /** Work other than training. */
  phase(name: string, done: number | undefined, total: number | undefined): void {
    const share = done !== undefined && total ? `${Math.floor((100 * done) / total)} %` : '';
    const known = share || done === undefined ? share : short(done);
    this.show(total ? (done ?? 0) : 0, total ?? 0, { before: name, after: known });
  }

  step(event: StepEvent, eta: number | undefined, start: StartEvent | undefined): void {
    const { maxIters = null, maxTime = null } = start ?? {};
    const parts = [`loss ${loss(event.loss)}`, `lr ${rate(event.lr)}`, `${short(event.tokensPerSecond)} tokens/s`];
    if (eta !== undefined) parts.push(`ETA ${time(eta)}`);
    const before = `step ${count(event.iter)}${maxIters === null ? '' : `/${count(maxIters)}`}`;
    const after = parts.join('  ');
    if (maxTime !== null) this.show(event.elapsed, maxTime, { before, after });
    else this.show(event.iter, maxIters ?? 0, { before, after });
  }

  /** Takes the line away, to print others or because the work is over; the next update brings it back. */
  clear(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private show(value: number, total: number, payload: Payload): void {
    if (this.bar && total === this.total) {
      this.bar.update(value, payload);
      return;
    }
    this.clear();
    this.total = total;
    this.bar = new cliProgress.SingleBar(
      {
        stream: this.stream,
        format: draw as unknown as cliProgress.GenericFormatter,
        barsize: 24,
        barCompleteChar: '█',
        barIncompleteChar: '░',
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: false,
      } as cliProgress.Options,
      cliProgress.Presets.shades_classic,
    );
    this.bar.start(total, value, payload);
  }
}
