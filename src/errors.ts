// The one error a person causes: it carries a code, the value that was wrong and a hint. Anything else is a bug. And the
// system's refusals in words.

/** Wrong usage, configuration or data. `cli/main` prints `error: message (hint)` and exits with 2. */
export class GptError extends Error {
  override readonly name = 'GptError';
  readonly hint: string | undefined;

  /**
   * @param code where it comes from, `area/what`, stable for scripts: `config/heads`
   * @param message what is wrong, with the value
   */
  constructor(
    readonly code: string,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }
}

const unwritable: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'there is a file of that name',
  ELOOP: 'a loop of symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EISDIR: 'it is a folder',
  EFBIG: 'the file is too large',
  EIO: 'the disk reports an error',
};

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a part of the path is a file',
  ELOOP: 'a loop of symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EISDIR: 'it is a folder',
};

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | null)?.code ?? '';

/** Why the system refused to write, in words; nothing for other errors. */
export function whyUnwritable(error: unknown): string | undefined {
  return unwritable[codeOf(error)];
}

/** Why a file could not be read, in words, or in the system's own where there are none. */
export function whyUnreadable(error: unknown): string {
  return unreadable[codeOf(error)] ?? (error as Error).message;
}
