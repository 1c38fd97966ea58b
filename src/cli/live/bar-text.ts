// A bar as cli-progress draws it, as text.
import cliProgress from 'cli-progress';

/** @param share 0 to 1, cut to it @param size in columns */
export function barText(share: number, size: number): string {
  const strings = { barCompleteString: '█'.repeat(size), barIncompleteString: '░'.repeat(size), barGlue: '' };
  const options = { ...strings, barsize: size } as cliProgress.Options;
  return cliProgress.Format.BarFormat(Math.min(1, Math.max(0, share)), options);
}
