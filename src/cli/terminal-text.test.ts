import { contextOf, record, typed } from './fixtures.js';
import { table } from './format.js';
import { paintOf, terminalText, visibleLine } from './terminal-text.js';

const hostile = 'a\u001b]52;c;aGVsbG8=\u0007b\u001b[2J\u009b31mc\u202egnp.exe\u0000\r';

test('what a terminal would obey is shown as an escape; tabs, line feeds, emoji and other scripts stay', () => {
  expect(terminalText(hostile)).toBe('a\\x1b]52;c;aGVsbG8=\\x07b\\x1b[2J\\x9b31mc\\u202egnp.exe\\x00\\x0d');
  expect(terminalText('one\ttwo\r\n👩‍👩‍👧 ไทย 喜\n')).toBe('one\ttwo\n👩‍👩‍👧 ไทย 喜\n');
  expect(visibleLine('a\nb\tc')).toBe('a\\nb\\tc');
});

test('our own colours reach the terminal, those in a text do not', () => {
  const { cyan } = paintOf(true);
  expect(terminalText(cyan('x\u001b[31my'))).toBe('\u001b[36mx\\x1b[31my\u001b[39m');
  expect(paintOf(false).cyan('x')).toBe('x');
});

test('a terminal gets safe text on both outputs, a pipe the bytes as they are', () => {
  for (const tty of [true, false]) {
    const recording = record({ tty });
    const context = contextOf(recording);
    context.print(hostile);
    context.write(hostile);
    context.note(hostile);
    context.warn(hostile);
    expect((recording.out() + recording.err()).includes('\u001b')).toBe(!tty);
    if (!tty) expect(recording.out()).toBe(`${hostile}\n${hostile}`);
  }
});

test('an error that quotes an argument is safe', async () => {
  const { err } = await typed('inspect "\u001b]0;title\u0007"', { tty: true });
  expect(err).toContain('\\x1b]0;title\\x07');
  expect(err).not.toContain('\u001b');
});

test('cells that are wide, combining, hostile or have line ends keep the columns aligned', () => {
  expect(
    table([
      ['喜', '1'],
      ['e\u0301té', '2'],
      ['plain', '3'],
      ['a\nb', '4'],
      ['\u001b[2J', '5'],
    ]),
  ).toEqual(['喜       1', 'e\u0301té      2', 'plain    3', 'a\\nb     4', '\\x1b[2J  5']);
});
