// The turns that a person types, or that come through a pipe. Knows no model.
import { createInterface } from 'node:readline';
import type { Streams } from '../context.js';

/** What a turn was read as: its text, or Ctrl-C at the prompt. */
export type Turn = { readonly text: string } | 'interrupt';

export interface Lines {
  /** The next turn; undefined at the end of the input. A line that ends with a backslash continues in the next one. */
  next(prompt: string): Promise<Turn | undefined>;
  close(): void;
}

/** @param onInterrupt gets a Ctrl-C that the terminal hands over; true when it was taken */
export function readTurns({ stdin, stdout }: Streams, onInterrupt: () => boolean): Lines {
  const terminal = stdin.isTTY === true && stdout.isTTY === true;
  const reader = createInterface({ input: stdin, ...(terminal && { output: stdout }), terminal });
  const waiting: (Turn | undefined)[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  const push = (turn: Turn) => {
    waiting.push(turn);
    wake?.();
  };
  reader.on('line', (text) => push({ text }));
  reader.on('SIGINT', () => {
    if (!onInterrupt()) push('interrupt');
  });
  reader.on('close', () => {
    ended = true;
    wake?.();
  });
  const line = async (prompt: string): Promise<Turn | undefined> => {
    if (terminal) {
      reader.setPrompt(prompt);
      reader.prompt();
    }
    while (waiting.length === 0 && !ended) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return waiting.shift();
  };
  return {
    next: async (prompt) => {
      let text = '';
      for (let asked = prompt; ; asked = '... ') {
        const turn = await line(asked);
        if (turn === undefined || turn === 'interrupt') return turn === undefined && text !== '' ? { text } : turn;
        if (!turn.text.endsWith('\\')) return { text: text + turn.text };
        text += `${turn.text.slice(0, -1)}\n`;
      }
    },
    close: () => reader.close(),
  };
}
