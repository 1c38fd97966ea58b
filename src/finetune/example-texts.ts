// What labelled examples say, as plain text: for training a tokenizer on them.
import { type Example, questionOf, renderChat, renderPrompt } from '../dataset/index.js';
import type { TextPiece } from '../tokenizer/index.js';

/** What a tokenizer is trained on when the model begins from scratch: all that the training examples say. */
export async function* textsOf(examples: readonly Example[], template: string): AsyncGenerator<TextPiece> {
  for (const example of examples) yield { text: textOf(example, template), endOfDocument: true };
}

function textOf(example: Example, template: string): string {
  switch (example.kind) {
    case 'instruct':
      return `${renderPrompt(template, example.fields)}${example.completion}`;
    case 'chat':
      return renderChat(example.messages)
        .map(({ text }) => text)
        .join('');
    default:
      return questionOf(example);
  }
}
