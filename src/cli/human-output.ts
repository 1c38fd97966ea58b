// The events of a run for a person: a page or a bar on a terminal, plain lines when piped, a summary with the loss curve.
import type { EvalEvent, PlanEvent, RunEvent, StartEvent } from '../events.js';
import type { Context } from './context.js';
import { evalLine, LossHistory, planLines, startLine, stepLine, summary } from './event-lines.js';
import { LiveBar } from './live/bar.js';
import { TrainingView } from './live/training-view.js';
import { Estimate } from './remaining-time.js';

type Handlers = { [K in RunEvent['event']]: (event: Extract<RunEvent, { event: K }>) => void };

export interface Show {
  readonly on: (event: RunEvent) => void;
  readonly close: () => void;
}

/**
 * Lines, and where standard output is a terminal a page while the run trains; nothing but warnings with --quiet.
 * @param page false: on a terminal a bar below the lines (--no-live)
 */
export function showPeople(context: Context, page = true): Show {
  const { stdout } = context.streams;
  const bar = context.live && !context.quiet ? new LiveBar(stdout) : undefined;
  const { paint } = context;
  let view: TrainingView | undefined;
  const history = new LossHistory();
  const checkpoints = new Map<string, string>();
  let start: StartEvent | undefined;
  let plan: PlanEvent | undefined;
  let best: EvalEvent | undefined;
  let estimate = new Estimate(null, null);
  let phase = '';
  const print = (line: string) => {
    if (context.quiet) return;
    bar?.clear();
    context.print(line);
  };
  /** A line of a run that is shown on the page in another form. */
  const report = (line: string) => {
    if (view) view.later(`${line}\n`);
    else print(line);
  };
  const leavePage = () => {
    view?.close();
    view = undefined;
  };

  const handlers: Handlers = {
    plan(event) {
      plan = event;
      for (const line of planLines(event)) print(line);
    },
    start(event) {
      start = event;
      estimate = new Estimate(event.maxIters, event.maxTime ?? null);
      print(startLine(event));
      if (!bar || !page || !context.pages) return;
      view = new TrainingView(context, event);
      view.open();
    },
    phase({ name, done, total }) {
      if (view) return;
      if (bar) bar.phase(name, done, total);
      else if (name !== phase) print(name);
      phase = name;
    },
    step(event) {
      if (view) return;
      const eta = estimate.secondsLeft(event.iter, event.elapsed);
      if (bar) bar.step(event, eta, start);
      else print(stepLine(event, eta, start?.maxIters ?? null));
    },
    eval(event) {
      if (!best || event.valLoss < best.valLoss) best = event;
      report(paint.cyan(evalLine(event)));
    },
    checkpoint({ kind, path }) {
      checkpoints.set(kind, path);
      if (!bar) print(`saved ${path}`);
    },
    text({ iter, text }) {
      report(`${paint.dim(`--- sample at step ${iter} ---`)}\n${text}\n${paint.dim('---')}`);
    },
    notice({ level, message }) {
      bar?.clear();
      if (level === 'warning') context.warn(message);
      else print(message);
    },
    done(event) {
      leavePage();
      const colours = context.color ? { training: paint.gray, validation: paint.cyan } : {};
      const curve = history.curve((stdout.columns || 80) - 1, colours);
      if (curve.length > 0) for (const line of ['', 'loss of training and validation', ...curve, '']) print(line);
      const outcome = plan && best && { expected: plan.expected, bitsPerByte: best.bitsPerByte };
      for (const line of summary(event, checkpoints, start, outcome)) print(line);
    },
  };
  const on = (event: RunEvent) => {
    history.add(event);
    view?.add(event);
    (handlers[event.event] as (event: RunEvent) => void)(event);
  };
  const close = () => {
    leavePage();
    bar?.clear();
  };
  return { on, close };
}
