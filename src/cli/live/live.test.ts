import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import type { RunEvent, StartEvent, StepEvent } from '../../events.js';
import { contextOf, record } from '../fixtures.js';
import { width } from '../format.js';
import { showRun } from '../progress.js';
import { barText } from './bar-text.js';
import { History } from './history.js';
import { Screen } from './screen.js';
import { cut, flow, line, wrap } from './text.js';
import { pageLines, type TrainingPage } from './training-page.js';
import { TrainingView } from './training-view.js';

const start: StartEvent = {
  ...{
    event: 'start',
    command: 'pretrain',
    backend: 'onnx',
    device: 'cpu',
    threads: 2,
    parameters: 809856,
    vocabSize: 65,
  },
  ...{ tokens: { train: 1003854, val: 111540 }, iter: 0, maxIters: 100, out: 'runs/book' },
};
const step = (iter: number, loss = 2.5): StepEvent => {
  const speed = { tokensPerSecond: 9012.4, elapsed: iter / 10, memoryMB: 410 };
  return { event: 'step', iter, loss, lr: 1e-3, gradNorm: 0.8125, ...speed };
};
const evaluation: RunEvent = { event: 'eval', iter: 20, trainLoss: 2.4, valLoss: 2.42, bitsPerByte: 3.491 };
const hostile = `\u001b]0;title\u0007\u001b[2J<script>\u202e\u2066 😀👩‍👩‍👧 漢字 \t${'x'.repeat(10_000)}`;

describe('text', () => {
  test('is cut to columns, by whole characters as a reader sees them', () => {
    expect(cut('abcdef', 4)).toBe('abcd');
    expect(cut('漢字x', 3)).toBe('漢');
    expect(cut('e\u0301e\u0301', 1)).toBe('e\u0301');
    expect(cut('a👩‍👩‍👧b', 2)).toBe('a');
    expect(cut('abc', 0)).toBe('');
  });

  test('is wrapped at blanks, and what does not fit is shown to be missing', () => {
    expect(wrap('one two three\nfour', 8, 5)).toEqual(['one two', 'three', 'four']);
    expect(wrap('abcdefghij', 4, 5)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('one two three', 8, 1)).toEqual(['one two…']);
    expect(wrap('\n\nx', 8, 3)).toEqual(['', '', 'x']);
    expect(wrap('漢', 1, 3)).toEqual(['?']);
  });

  test('whatever is wrapped fits', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 60 });
    const property = fc.property(
      texts,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 6 }),
      (text, columns, most) => {
        const lines = wrap(text.replace(/\p{C}/gu, ''), columns, most);
        expect(lines.length).toBeLessThanOrEqual(most);
        for (const each of lines) expect(width(each)).toBeLessThanOrEqual(columns);
      },
    );
    fc.assert(property, { seed: 19, numRuns: 60 });
  });

  test('fields flow into as few lines as they fit', () => {
    expect(flow(['loss 2.5', 'lr 1e-3', '9k tokens/s'], 17)).toEqual(['loss 2.5  lr 1e-3', '9k tokens/s']);
    expect(flow(['a long field'], 6)).toEqual(['a long']);
  });

  test('a line ends where it is full, each part in its style', () => {
    const style = (text: string) => `<${text}>`;
    expect(line([['ab', style], ['cdef', style], ['gh']], 4)).toBe('<ab><cd>');
  });

  test('a bar shows its share', () => {
    expect(barText(0.5, 4)).toBe('██░░');
    expect(barText(7, 2)).toBe('██');
  });
});

describe('history', () => {
  test('keeps its mean in bounded memory, however long it becomes', () => {
    const history = new History();
    for (let i = 0; i < 65536; i++) history.add(i, i % 2 === 0 ? 1 : 3);
    history.add(70000, Number.NaN);
    const { points } = history;
    expect(points.length).toBeLessThan(1024);
    expect(points.length).toBeGreaterThanOrEqual(512);
    expect(points.every(([, y]) => y === 2)).toBe(true);
    expect(points[0]![0]).toBeCloseTo((65536 / points.length - 1) / 2, 6);
  });
});

describe('screen', () => {
  const [enter, leave] = ['\u001b[?1049h', '\u001b[?1049l'];
  const opened = (suspend = () => {}) => {
    const signals = new EventEmitter();
    const { streams, out } = record({ tty: true, columns: 20 });
    const stream = Object.assign(streams.stdout, { rows: 3 }) as typeof streams.stdout & { columns: number };
    const render = jest.fn(({ columns }) => [`${columns} columns`, hostile.slice(0, 30), 'c', 'too much']);
    const screen = new Screen(stream, { render, signals, suspend });
    screen.open();
    return { screen, stream, out, signals, render };
  };

  test('a page is drawn over and over, again when the terminal has another size, and gone when it is closed', () => {
    const { screen, stream, out, render } = opened();
    expect(out().startsWith(enter)).toBe(true);
    expect(out()).toContain('20 columns');
    expect(out()).not.toContain('too much');
    stream.columns = 9;
    stream.emit('resize');
    expect(render).toHaveBeenLastCalledWith({ columns: 9, rows: 3 });
    expect(out()).toContain('9 columns');
    screen.close();
    screen.close();
    expect(out().endsWith(`\u001b[?7h\u001b[?25h${leave}`)).toBe(true);
    expect(out().split(leave)).toHaveLength(2);
    stream.emit('resize');
    expect(out().endsWith(leave)).toBe(true);
    expect(stream.listenerCount('resize')).toBe(0);
  });

  test('text is shown, not obeyed', () => {
    const { screen, out } = opened();
    screen.close();
    expect(out()).toContain('\\x1b]0;title\\x07\\x1b[2J<script>\\u202e');
    expect(out()).not.toContain('\u001b]0;');
    expect(out()).not.toContain('\u202e');
  });

  test('Ctrl-Z gives the terminal back until the process continues', () => {
    const suspend = jest.fn();
    const { screen, out, signals } = opened(suspend);
    signals.emit('SIGTSTP');
    expect(out().endsWith(leave)).toBe(true);
    expect(suspend).toHaveBeenCalledTimes(1);
    signals.emit('SIGCONT');
    expect(out().split(enter)).toHaveLength(3);
    screen.close();
    expect(signals.listenerCount('SIGTSTP') + signals.listenerCount('SIGCONT')).toBe(0);
  });

  test('a process that exits at once leaves the terminal clean', () => {
    const { screen, out } = opened();
    process.emit('exit', 130);
    expect(out().endsWith(leave)).toBe(true);
    screen.close();
  });
});

describe('page', () => {
  const page = (more: Partial<TrainingPage> = {}): TrainingPage => {
    const [training, validation, rates] = [new History(), new History(), new History()];
    for (let i = 1; i <= 50; i++) {
      training.add(i, 4 - i / 50);
      rates.add(i, i * 1e-5);
    }
    validation.add(20, 3.7);
    return {
      ...{ start, step: step(50, 3), evaluation: evaluation as never, best: evaluation as never },
      ...{ sample: { event: 'text', iter: 40, text: hostile }, elapsed: 5, eta: 5, phase: undefined },
      ...{ training, validation, rates, messages: ['warning: look', hostile] },
      ...more,
    };
  };
  const { paint } = contextOf(record());

  test('fits whatever the size, hostile texts included', () => {
    const sizes = fc.record({ columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) });
    const shown = page({ start: { ...start, out: hostile } });
    const property = fc.property(sizes, (size) => {
      const lines = pageLines(shown, size, paint).slice(0, size.rows);
      for (const each of lines) {
        // Axes need a few columns more than a page of less than 24 has.
        expect(width(each)).toBeLessThanOrEqual(Math.max(24, size.columns));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        expect(each).not.toMatch(/[\u0000-\u001f\u202e]/);
      }
    });
    fc.assert(property, { seed: 19, numRuns: 15 });
  });

  test('40 columns have the numbers, the curve, the sample and the messages', () => {
    const lines = pageLines(
      page({ sample: { event: 'text', iter: 40, text: 'To be' } }),
      { columns: 40, rows: 24 },
      paint,
    );
    expect(lines).toHaveLength(24);
    const text = lines.join('\n');
    expect(text).toContain('pretrain runs/book     0.810M parameters');
    expect(text).toMatch(/step 50\/100 █+░+ 50 % {2}ETA 5.0s/);
    expect(text).toContain('loss 3.0000  validation 2.4200');
    expect(text).toContain('lr 1.00e-3  gradient norm 0.813');
    expect(text).toContain('9.01k tokens/s  410 MB  5.0s');
    expect(text).toMatch(/3\.98 ┤[\u2800-\u28ff]/);
    expect(text).toContain('sample at step 40\nTo be');
    expect(text).toContain('\nwarning: look\n');
    expect(lines.at(-1)).toBe('Ctrl-C stops and saves the run');
  });

  test('a wide page has the sample next to the curve', () => {
    const lines = pageLines(
      page({ sample: { event: 'text', iter: 40, text: 'To be' } }),
      { columns: 140, rows: 30 },
      paint,
    );
    expect(lines.find((each) => each.startsWith('loss of training and validation'))).toContain('learning rate');
    expect(lines.find((each) => each.includes('sample at step 40'))).toMatch(/^ .*┤/);
  });

  test('a low page keeps what matters most', () => {
    const lines = pageLines(page({ messages: [] }), { columns: 80, rows: 4 }, paint);
    expect(lines.slice(0, 3).join('\n')).toMatch(/runs\/book.*\n.*step 50\/100.*\nloss 3\.0000/);
  });

  test('the best evaluation is named where it is not the last; a run by time shows the share of its time', () => {
    const later = { ...evaluation, iter: 40, valLoss: 3, accuracy: 0.5 } as never;
    const timed = page({ evaluation: later, start: { ...start, maxIters: null, maxTime: 20 } });
    const text = pageLines(timed, { columns: 100, rows: 24 }, paint).join('\n');
    expect(text).toContain('validation 3.0000 (best 2.4200 at 20)  accuracy 50.0 %');
    expect(text).toMatch(/step 50 █+░+ 25 %/);
  });
});

describe('view', () => {
  const events: RunEvent[] = [
    start,
    step(10),
    evaluation,
    { event: 'text', iter: 20, text: 'To be' },
    { event: 'notice', level: 'warning', message: `look ${hostile.slice(0, 20)}` },
    { event: 'checkpoint', iter: 20, kind: 'last', path: 'runs/book/last' },
  ];
  const done: RunEvent = {
    ...{ event: 'done', iter: 100, reason: 'finished', trainLoss: 1, valLoss: 2, bestValLoss: 2, tokensPerSecond: 9 },
    ...{ elapsed: 10, peakMemoryMB: 4, out: 'runs/book' },
  };
  async function shown(list: RunEvent[], page = true, fails = false) {
    const recording = record({ tty: true, columns: 80 });
    Object.assign(recording.streams.stdout, { rows: 24 });
    const running = showRun(
      (async function* () {
        yield* list;
        if (fails) throw new Error('diverged');
      })(),
      contextOf(recording),
      page,
    );
    await running.catch(() => {});
    return { out: recording.out(), err: recording.err() };
  }
  const scrollback = (out: string) => out.slice(out.lastIndexOf('\u001b[?1049l'));

  test('what would have been printed is in the scrollback when the page is left, and the summary is last', async () => {
    const { out, err } = await shown([...events, done]);
    expect(out.indexOf('809,856 parameters')).toBeLessThan(out.indexOf('\u001b[?1049h'));
    const rest = scrollback(out);
    expect(rest).toMatch(
      /step 20 {2}validation 2\.4200[\s\S]*--- sample at step 20 ---[\s\S]*To be[\s\S]*done: 100 steps/,
    );
    expect(err).toBe('warning: look \\x1b]0;title\\x07\\x1b[2J<scrip\n');
  });

  test('the page is left when the run fails, and warnings are not lost', async () => {
    const { out, err } = await shown(events, true, true);
    expect(scrollback(out)).toContain('validation 2.4200');
    expect(err).toContain('warning: look');
  });

  test('with --no-live, and on a terminal that is too small, there is a bar', async () => {
    expect((await shown([...events, done], false)).out).not.toContain('\u001b[?1049h');
    const small = record({ tty: true, columns: 20 });
    Object.assign(small.streams.stdout, { rows: 24 });
    expect(contextOf(small).pages).toBe(false);
  });

  test('a warning to a file goes there at once', () => {
    const recording = record({ tty: true, columns: 80 });
    Object.assign(recording.streams.stderr, { isTTY: false });
    const context = contextOf(recording);
    const view = new TrainingView(context, start);
    view.open();
    context.warn('look');
    expect(recording.err()).toBe('warning: look\n');
    view.close();
  });

  test('drawing costs less than 1 % of a step of the reference model, 50 ms, in CPU time', () => {
    const recording = record({ tty: true, columns: 80 });
    Object.assign(recording.streams.stdout, { rows: 24, write: () => true });
    let now = 0;
    const view = new TrainingView(contextOf(recording), start, () => now);
    view.open();
    /** Steps as they are reported, every tenth of them. */
    const run = (from: number, to: number) => {
      for (let iter = from; iter < to; iter += 10) {
        now += 500; // milliseconds
        view.add(step(iter, 4 - iter / 10_000));
      }
    };
    run(0, 1000);
    const before = process.cpuUsage();
    run(1000, 2000);
    const { user, system } = process.cpuUsage(before);
    view.close();
    expect((user + system) / 1000 / 1000).toBeLessThan(0.5);
  });
});
