// How good are these stories? node scripts/data/score.js FILE (or - for standard input)
// Reads stories (separated by <|endoftext|>) back with the grammar: the share that the grammar could have written, and
// where the others leave it. For judging what a trained model samples.
import { readFileSync } from 'node:fs';
import { read } from './pen.js';
import { story } from './stories.js';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node scripts/data/score.js FILE (or -)');
  process.exit(2);
}
const texts = readFileSync(file === '-' ? 0 : file, 'utf8')
  .split('<|endoftext|>')
  .map((text) => text.trim())
  .filter((text) => text !== '');

let whole = 0;
for (const [index, text] of texts.entries()) {
  const { derivations, reached } = read(story, text);
  if (derivations.length > 0) {
    whole += 1;
    console.log(`story ${index + 1}: possible, ${derivations[0].bits.toFixed(1)} bits in ${text.length} characters`);
  } else if (reached === text.length) {
    console.log(`story ${index + 1}: possible as far as it goes, ${text.length} characters`);
  } else {
    const around = `${text.slice(Math.max(0, reached - 40), reached)}[here]${text.slice(reached, reached + 30)}`;
    console.log(
      `story ${index + 1}: leaves the grammar at ${reached} of ${text.length}: ...${around.replaceAll('\n', ' ')}...`,
    );
  }
}
console.log(`${whole} of ${texts.length} stories are stories that the grammar tells`);
