import { StopSignals } from './stop-signals.js';

/** A command that stops when asked, a clock, and how the process ended. */
function receiver({ stoppable = true, interrupted = false } = {}) {
  const seen = { now: 5000, asked: 0, exits: [] as number[], notes: [] as string[] };
  const context = {
    interrupted,
    interrupt: () => {
      if (!stoppable) return false;
      seen.asked++;
      context.interrupted = true;
      return true;
    },
    note: (line: string) => void seen.notes.push(line),
  };
  const signals = new StopSignals(
    context,
    (code) => void seen.exits.push(code),
    () => seen.now,
  );
  return { seen, signals };
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)('%s asks a command to stop, once', (name) => {
  const { seen, signals } = receiver();
  signals.receive(name);
  signals.receive(name);
  expect(seen).toMatchObject({ asked: 1, exits: [], notes: ['\nstopping; once more to quit at once'] });
});

test('signals that come together are one; a later one ends the process', () => {
  const { seen, signals } = receiver();
  signals.receive('SIGTERM');
  seen.now += 999;
  signals.receive('SIGINT');
  expect(seen.exits).toEqual([]);
  seen.now += 1;
  signals.receive('SIGINT');
  expect(seen.exits).toEqual([130]);
});

test('SIGHUP never ends a command that is stopping', () => {
  const { seen, signals } = receiver();
  signals.receive('SIGINT');
  seen.now += 60_000;
  signals.receive('SIGHUP');
  expect(seen.exits).toEqual([]);
});

test('the first signal to a command that stops because its output failed does not end it', () => {
  const { seen, signals } = receiver({ interrupted: true });
  seen.now += 60_000;
  signals.receive('SIGTERM');
  expect(seen.exits).toEqual([]);
  seen.now += 1000;
  signals.receive('SIGTERM');
  expect(seen.exits).toEqual([130]);
});

test('a command that cannot be asked ends at the first signal', () => {
  const { seen, signals } = receiver({ stoppable: false });
  signals.receive('SIGHUP');
  expect(seen).toMatchObject({ exits: [130], notes: [] });
});
