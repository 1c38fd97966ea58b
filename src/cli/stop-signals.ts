// What a signal does to a command: the first asks it to stop, a later one ends the process. Knows no command.
import type { Context } from './context.js';

/**
 * Milliseconds in which further signals belong to the first. One event often sends several: a closed terminal SIGHUP from the
 * kernel and from the shell, `timeout` and npm theirs to the process and to its group.
 */
const together = 1000;

export class StopSignals {
  private firstAt: number | undefined;

  /** @param exit ends the process at once */
  constructor(
    private readonly context: Pick<Context, 'interrupt' | 'interrupted' | 'note'> & Partial<Pick<Context, 'absorb'>>,
    private readonly exit: (code: number) => void,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** A command that cannot be asked ends at once. @param name SIGHUP never ends a command that is stopping: nobody insists */
  receive(name: NodeJS.Signals): void {
    if (name === 'SIGINT' && this.context.absorb?.()) return;
    if (this.context.interrupted) {
      // Where something else stopped the command, a terminal that closed for example, this signal is the first.
      this.firstAt ??= this.clock();
      if (name !== 'SIGHUP' && this.clock() - this.firstAt >= together) this.exit(130);
      return;
    }
    this.firstAt = this.clock();
    if (this.context.interrupt()) this.context.note('\nstopping; once more to quit at once');
    else this.exit(130);
  }
}
