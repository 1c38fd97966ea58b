// Words as the person's shell reads them back, for commands that are printed to be copied.

export type Shell = 'posix' | 'powershell' | 'cmd';

type Environment = Readonly<Record<string, string | undefined>>;

/** The shell that commands are probably typed into. Git Bash and MSYS set SHELL on Windows; only cmd.exe sets PROMPT. */
export function shellOf(platform: string = process.platform, env: Environment = process.env): Shell {
  if (platform !== 'win32' || env['SHELL']) return 'posix';
  return env['PROMPT'] ? 'cmd' : 'powershell';
}

/** One word. cmd.exe has no way to write a line end: it becomes a blank there. */
export function quoteWord(word: string, shell: Shell = shellOf()): string {
  if (/^[\w@%+=:,./-]+$/.test(word) && !(shell === 'cmd' && word.includes('%'))) return word;
  switch (shell) {
    case 'posix':
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      if (/[\u0000-\u001f]/.test(word)) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
        return `$'${word.replace(/[\\'\u0000-\u001f]/g, ansiEscape)}'`;
      }
      return `'${word.replaceAll("'", `'\\''`)}'`;
    case 'powershell':
      if (/[\n\r]/.test(word)) {
        return `"${word.replace(/[`"$]/g, '`$&').replaceAll('\r', '`r').replaceAll('\n', '`n')}"`;
      }
      return `'${word.replaceAll("'", "''")}'`;
    case 'cmd':
      return `"${word
        .replace(/[\r\n]+/g, ' ')
        .replaceAll('"', '""')
        .replaceAll('%', '"^%"')}"`;
    default:
      return shell satisfies never;
  }
}

/** A whole command line. */
export function quoteCommand(words: readonly string[], shell: Shell = shellOf()): string {
  return words.map((word) => quoteWord(word, shell)).join(' ');
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** In `$'...'` of bash, zsh and POSIX 2024. */
function ansiEscape(character: string): string {
  if (character === '\\' || character === "'") return `\\${character}`;
  return named[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
