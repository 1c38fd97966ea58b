// The script of the page: reads the data and fills <main>. Runs in a browser; knows nothing of the program.
import { visibleLine } from '../../../visible-text.js';
import type { PageData } from '../data.js';
import { attention, headTable } from './attention.js';
import { element, note } from './dom.js';
import { attribution, classes, patching } from './reasons.js';
import { lens, surprise } from './tokens.js';

const data: PageData = JSON.parse(document.getElementById('data')!.textContent!);
const { attention: weights, heads } = data;

document
  .querySelector('main')!
  .replaceChildren(
    element('h1', {}, `explain ${visibleLine(data.run)}`),
    ...data.notes.map(note),
    ...(data.classes ? [classes('Labels', data.classes)] : []),
    ...(data.tokens.length > 0 ? [surprise(data)] : []),
    ...(data.next?.length ? [classes('Next token', data.next)] : []),
    ...(data.attribution ? [attribution(data.attribution)] : []),
    ...(data.patching ? [patching(data.patching)] : []),
    ...(data.tokens[0]?.lens ? [lens(data)] : []),
    ...(weights ? [attention({ ...data, attention: weights })] : heads ? [headTable(heads)] : []),
  );
