// The parts that every story shares: who it is about, the day on which it happens, who comes by. Each function writes
// its sentences and returns what the rest of the story must remember.
import {
  adults,
  beasts,
  clothes,
  colours,
  counts,
  days,
  homes,
  manners,
  manyDo,
  manyLooks,
  manyWho,
  marks,
  men,
  people,
  seasons,
  traits,
  visitors,
  weathers,
  women,
} from './words.js';

export const capital = (text) => text[0].toUpperCase() + text.slice(1);
/** "a red" -> "red". */
export const bare = (text) => text.replace(/^an? /, '');
/** "owl" -> "an owl". */
export const article = (noun) => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;

/** What somebody is; half are children. `child` chooses between girl and boy, or knows. */
function kindOf(pen, child) {
  const group = pen.weighted([0.5, 'child'], [0.25, adults], [0.25, beasts]);
  return group === 'child' ? child() : { kind: pen.pick(group), names: people };
}

/** Writes "girl called Mira". */
function kindAndName(pen) {
  const { kind, names } = kindOf(pen, () =>
    pen.pick([
      { kind: 'girl', names: women },
      { kind: 'boy', names: men },
    ]),
  );
  const [, name] = pen.t`${kind} called ${names}`;
  return { ...name, name: name.text, kind };
}

/** The first sentences: name, kind, trait, home and perhaps the clothes of the hero. */
export function hero(pen) {
  const who = pen.oneOf(
    () => {
      const [trait, somebody, home] = pen.t`Once upon a time there was ${traits} ${kindAndName} who lived ${homes}.`;
      return { ...somebody, trait, home };
    },
    () => {
      const [trait, somebody] = pen.t`There once was ${traits} ${kindAndName}.`;
      const [, home] = pen.t` ${somebody.He} lived ${homes}.`;
      return { ...somebody, trait, home };
    },
    () => {
      const home = pen.pick(homes);
      const [, trait, somebody] = pen.t`${capital(home.text)} lived ${traits} ${kindAndName}.`;
      return { ...somebody, trait, home };
    },
    () => {
      const [name, trait] = pen.t`${people} was ${traits} `;
      const { kind } = kindOf(pen, () => ({ kind: name.sex === 'f' ? 'girl' : 'boy' }));
      const [, home] = pen.t`${kind} who lived ${homes}.`;
      return { ...name, name: name.text, kind, trait, home };
    },
    () => {
      const [home, trait, somebody] = pen.t`Long ago, ${homes}, there lived ${traits} ${kindAndName}.`;
      return { ...somebody, trait, home };
    },
  );
  if (pen.chance(0.5)) {
    const [, , worn] = pen.t` ${who.He} always wore ${() => article(pen.pick(colours))} ${clothes}`;
    pen.t` and ${() => article(pen.pick(colours))} ${() => pen.other(clothes, worn)}.`;
  }
  return who;
}

/** The day's beginning: its weather. */
export function morning(pen, { home }) {
  return pen.oneOf(
    () => pen.t`\nOne ${seasons} morning ${weathers} ${home.near}.`[1],
    () => pen.t`\nOn a cold ${days} ${weathers} ${home.near}.`[1],
    () => pen.t`\nEarly on a ${days} in ${seasons}, ${weathers} ${home.near}.`[2],
    () => pen.t`\nThen came a day when ${weathers} ${home.near}.`[0],
    () => pen.t`\nIt was the last day of ${seasons}, and ${weathers} ${home.near}.`[1],
  );
}

/** The beginning of the last paragraph, as far as the comma: the weather that the day began with. */
export function evening(pen, weather) {
  pen.t`\n${weather.end}, and `;
}

/** "seven thin pedlars". */
export function many(pen) {
  pen.t`${counts} ${manyLooks} ${manyWho}`;
}

/** Something seen on the way, of no consequence. */
export function sight(pen, { He, name }) {
  pen.oneOf(
    () => pen.t` On the way ${He.toLowerCase()} saw ${many} ${manyDo}.`,
    () => pen.t` ${name} passed ${many} and ${many}.`,
    () => pen.t` Outside there were ${many}, ${manyDo}.`,
  );
}

/** A talking animal turns up, not of the hero's kind, and asks the question. */
export function visitor(pen, kind, question) {
  const candidates = visitors.filter(({ text }) => text !== kind);
  let animal;
  const itself = () => {
    const mark = pen.pick(marks);
    pen.emit(`${article(mark)} `);
    animal = pen.pick(candidates);
    pen.emit(animal.text);
  };
  pen.oneOf(
    () => pen.t`\nA voice came out of nowhere. It was ${itself}, sitting quite still.`,
    () => pen.t`\nSomebody was watching: ${itself}.`,
    () => pen.t`\nJust then ${itself} came along.`,
    () => {
      animal = pen.pick(candidates);
      pen.t`\nNot far away, ${animal.from}, ${['looked', 'peeped', 'stared']} ${() => article(pen.pick(marks))} ${animal}.`;
    },
  );
  pen.t` "${question}" ${animal.says} the ${animal}.`;
  return animal;
}

/** `said Mira`, with or without a manner. */
export function said(pen, name) {
  pen.t` ${['said', 'answered', 'replied']} ${name}`;
  if (pen.chance(0.4)) pen.t` ${manners}`;
}
