import { execFileSync } from 'node:child_process';
import { quoteCommand, quoteWord, shellOf } from './shell-quote.js';

const words = [
  'plain',
  'runs/my book',
  "it's",
  'a "b" c',
  '$HOME `x` !',
  'line\nend\ttab \\ back',
  '',
  '-x',
  '喜 ไทย',
  '\u001b[31m',
];

test.each(words)('the shell reads %j back as it was', (word) => {
  const shell = process.platform === 'win32' ? undefined : 'bash';
  if (shell === undefined) return;
  expect(execFileSync(shell, ['-c', `printf %s ${quoteWord(word, 'posix')}`], { encoding: 'utf8' })).toBe(word);
});

test('words that need no quotes have none, in any shell', () => {
  expect(quoteCommand(['gpt-cli', 'sample', 'runs/book'], 'posix')).toBe('gpt-cli sample runs/book');
  expect(quoteCommand(['gpt-cli', 'sample', 'runs/book'], 'cmd')).toBe('gpt-cli sample runs/book');
});

test('PowerShell doubles single quotes and escapes line ends; cmd uses double quotes', () => {
  expect(quoteWord("it's", 'powershell')).toBe("'it''s'");
  expect(quoteWord('a $b\n', 'powershell')).toBe('"a `$b`n"');
  expect(quoteWord('my "book"', 'cmd')).toBe('"my ""book"""');
});

test('the shell is told by the platform and its environment', () => {
  expect(shellOf('linux', {})).toBe('posix');
  expect(shellOf('win32', { PROMPT: '$P$G' })).toBe('cmd');
  expect(shellOf('win32', {})).toBe('powershell');
  expect(shellOf('win32', { SHELL: '/usr/bin/bash' })).toBe('posix');
});
