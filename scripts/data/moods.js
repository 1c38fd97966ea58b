// The labelled texts: a day in somebody's life, and the label says how they feel when it is over: happy, sad or afraid.
// Often another mood came before, or was only dreamed, so that no single word gives the label away.

import { article, capital, many } from './cast.js';
import { adults, clothes, colours, corners, days, fears, foods, people, seasons, things, wishes } from './words.js';

// Clauses about the person `n`; `other` is the list of all other names.
const events = {
  happy: [
    (p, { n, his }) => p.t`${n} found ${his} ${things} ${corners}`,
    (p, { n }) => p.t`the ${adults} gave ${n} ${foods}`,
    (p, { n, other }) => p.t`${other} asked ${n} to come and play`,
    (p, { n }) => p.t`everybody clapped when ${n} sang`,
    (p, { n }) => p.t`nobody laughed when ${n} read aloud`,
    (p, { n }) => p.t`the shadow behind ${n} was only ${() => article(p.pick(adults))}`,
    (p, { n, other }) => p.t`${other} came back to ${n} after a long journey`,
    (p, { n }) => p.t`${n} ${wishes.map(({ doing }) => doing)}`,
    (p, { n }) => p.t`the dog that had run away came home to ${n}`,
    (p, { n }) => p.t`the ${adults} mended the ${things} of ${n}`,
    (p, { n }) => p.t`no guest was missing at the party of ${n}`,
    (p, { n, other }) => p.t`${other} did not forget the birthday of ${n}`,
  ],
  sad: [
    (p, { n, his }) => p.t`${n} lost ${his} ${things}`,
    (p, { n }) => p.t`the ${adults} gave everyone but ${n} ${foods}`,
    (p, { n, other }) => p.t`${other} did not want to play with ${n}`,
    (p, { n }) => p.t`nobody clapped when ${n} sang`,
    (p, { n }) => p.t`everybody laughed when ${n} read aloud`,
    (p, { n, other }) => p.t`${other} left ${n} for a long journey`,
    (p, { n }) => p.t`the dog of ${n} ran away`,
    (p, { n }) => p.t`the ${things} of ${n} fell and broke`,
    (p, { n }) => p.t`no guest came to the party of ${n}`,
    (p, { n, other }) => p.t`${other} forgot the birthday of ${n}`,
    (p, { n }) => p.t`the ${adults} said that ${n} would never be good at anything`,
    (p, { n }) => p.t`${n} had to give away the ${things}`,
  ],
  afraid: [
    (p, { n }) => p.t`a shadow followed ${n} home`,
    (p, { n }) => p.t`something laughed ${corners} when ${n} was alone`,
    (p, { n }) => p.t`the candle went out and ${n} heard steps`,
    (p, { n }) => p.t`the ice began to crack under ${n}`,
    (p, { n }) => p.t`${n} had to sit ${fears.map(({ where }) => where)} alone`,
    (p, { n }) => p.t`a strange dog ran straight at ${n}`,
    (p, { n, other }) => p.t`${other} did not answer when ${n} called into the dark`,
    (p, { n }) => p.t`the door closed behind ${n} and nobody was there`,
    (p, { n }) => p.t`a voice ${corners} whispered the name of ${n}`,
    (p, { n }) => p.t`the boat of ${n} began to fill with water`,
    (p, { n }) => p.t`the ${adults} told ${n} that wolves were coming`,
    (p, { n }) => p.t`${n} found wet footprints ${corners}`,
  ],
};

export const moods = Object.keys(events);

/** Writes one labelled text. Returns its label. */
export function mood(pen) {
  const label = pen.pick(moods);
  const name = pen.pick(people);
  const other = people.filter(({ text }) => text !== name.text);
  const person = { ...name, n: name.text, other };
  const tell = (kind) => (p) => void p.pick(events[kind])(p, person);
  const before = (p) => tell(p.other(moods, label))(p);
  const last = tell(label);
  const filler = () => {
    if (pen.chance(0.5)) neutral(pen, person);
  };
  pen.weighted(
    [
      0.3,
      () =>
        pen.t`${[(p) => void p.t`On ${days}`, (p) => void p.t`One day in ${seasons}`, 'Today', 'Yesterday']} ${last}.${filler}`,
    ],
    [0.25, () => pen.t`In the morning ${before}.${filler} In the evening ${last}.`],
    [0.15, () => pen.t`In the evening ${last}, although ${before} in the morning.${filler}`],
    [0.15, () => pen.t`${name} dreamed that ${before}. But it was a dream, and when the day came, ${last}.${filler}`],
    [0.15, () => pen.t`It was not true that ${before}. The truth is that ${last}.${filler}`],
  )();
  return label;
}

function neutral(pen, { He }) {
  pen.oneOf(
    () => pen.t` ${He} wore ${() => article(pen.pick(colours))} ${clothes}.`,
    () => pen.t` There were ${many} in the street.`,
    () => pen.t` It was a ${days} in ${seasons}.`,
    () => pen.t` ${capital(pen.pick(foods))} stood on the table.`,
  );
}
