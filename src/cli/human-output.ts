// The events of a run for a person: a live bar on a terminal, plain lines when piped, a summary with the loss curve.
import type { RunEvent, StartEvent } from '../events.js';
import type { Context } from './context.js';
import { evalLine, LossHistory, startLine, stepLine, summary } from './event-lines.js';
import { LiveBar } from './live-bar.js';
import { Estimate } from './remaining-time.js';

type Handlers = { [K in RunEvent['event']]: (event: Extract<RunEvent, { event: K }>) => void };

export interface Show {
  readonly on: (event: RunEvent) => void;
  readonly close: () => void;
}

/** A bar where standard output is a terminal, lines elsewhere; nothing but warnings with --quiet. */
export function showPeople(context: Context): Show {
  const { stdout } = context.streams;
  const bar = context.live && !context.quiet ? new LiveBar(stdout) : undefined;
  const { paint } = context;
  const history = new LossHistory();
  const checkpoints = new Map<string, string>();
  let start: StartEvent | undefined;
  let estimate = new Estimate(null, null);
  let phase = '';
  const print = (line: string) => {
    if (context.quiet) return;
    bar?.clear();
    context.print(line);
  };

  const handlers: Handlers = {
    start(event) {
      start = event;
      estimate = new Estimate(event.maxIters, event.maxTime ?? null);
      print(startLine(event));
    },
    phase({ name, done, total }) {
      if (bar) bar.phase(name, done, total);
      else if (name !== phase) print(name);
      phase = name;
    },
    step(event) {
      const eta = estimate.secondsLeft(event.iter, event.elapsed);
      if (bar) bar.step(event, eta, start);
      else print(stepLine(event, eta, start?.maxIters ?? null));
    },
    eval(event) {
      print(paint.cyan(evalLine(event)));
    },
    checkpoint({ kind, path }) {
      checkpoints.set(kind, path);
      if (!bar) print(`saved ${path}`);
    },
    text({ iter, text }) {
      print(`${paint.dim(`--- sample at step ${iter} ---`)}\n${text}\n${paint.dim('---')}`);
    },
    notice({ level, message }) {
      bar?.clear();
      if (level === 'warning') context.warn(message);
      else print(message);
    },
    done(event) {
      const colours = context.color ? { training: paint.gray, validation: paint.cyan } : {};
      const curve = history.curve((stdout.columns || 80) - 1, colours);
      if (curve.length > 0) for (const line of ['', 'loss of training and validation', ...curve, '']) print(line);
      for (const line of summary(event, checkpoints, start)) print(line);
    },
  };
  const on = (event: RunEvent) => {
    history.add(event);
    (handlers[event.event] as (event: RunEvent) => void)(event);
  };
  return { on, close: () => bar?.clear() };
}
