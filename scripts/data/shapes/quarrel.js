// Two friends find one thing, and both want it.
import { bare, capital, evening, many, morning, sight, visitor } from '../cast.js';
import { corners, foods, looks, manners, people, things } from '../words.js';

export function quarrel(pen, who) {
  const { name, His } = who;
  const others = people.filter(({ text }) => text !== name);
  const friend = pen.oneOf(
    () => pen.t` ${His} best friend was ${others}.`[1],
    () => pen.t` ${name} did everything together with ${others}.`[1],
    () => pen.t` Next door lived ${others}, and the two were always together.`[0],
  );
  const weather = morning(pen, who);
  if (pen.chance(0.4)) sight(pen, who);
  const place = pen.pick(corners);
  const [, look, thing] = pen.t` ${capital(place.text)} they found ${looks} ${things}. `;
  const it = `the ${bare(look)} ${thing.text}`;
  const [, first] =
    pen.t`"${['It is mine', 'I saw it first', 'I will keep it', 'Give it to me']}!" cried ${[name, friend.text]}. `;
  const second = first === name ? friend.text : name;
  pen.t`"${['No, it is mine', 'You did not', 'Never', 'I want it too']}!" shouted ${second}. `;
  pen.t`${[
    'They pulled at it from both sides.',
    'They did not speak a word for an hour.',
    'They stamped their feet and shook their fists.',
    'Soon the whole street could hear them.',
    (p) => void p.t`Soon ${many} stopped to listen.`,
  ]}`;
  const animal = visitor(
    pen,
    who.kind,
    pen.pick(['What is all this noise?', 'Why are you fighting?', 'May I be the judge?']),
  );
  const happy = pen.chance(0.7);
  if (happy) {
    pen.t` "${[
      'One of you may have it by day and the other by night',
      (p) => void p.t`Sell it and buy ${foods} for two`,
      'Let the one have it who loves the other more',
      'Give it back to the one who lost it',
      'Take turns, one day each',
    ]}," it said ${manners}.`;
    pen.t` ${first} ${['began to laugh', 'blushed', 'let go first', 'was silent for a while']}. "${['You are right', 'How silly we were', 'I am sorry', 'Let us be friends again']}," said ${second}.`;
    evening(pen, weather);
    pen.t`${['they sat side by side in the grass.', 'they spoke of other things.', `${friend.text} and ${name} walked home arm in arm.`, 'they could not say who had begun it.']} ${[
      'Joy that is shared is twice as big.',
      'A friend is worth more than a treasure.',
      `They never quarrelled about a ${thing.text} again.`,
      'The wiser one gives way.',
    ]}`;
  } else {
    pen.t` But they did not listen to the ${animal}. ${[`They pulled until ${it} broke in two.`, `In the end ${it} fell into the water and sank.`, `While they shouted, a thief walked away with ${it}.`]}`;
    evening(pen, weather);
    pen.t`${['each of them sat at home alone.', `${friend.text} and ${name} were no longer friends.`, 'neither of them had anything.']} ${[
      'When two fight, both of them lose.',
      `The ${animal.text} shook its head.`,
      'Greed breaks what it holds.',
    ]}`;
  }
  return { friend, thing, animal, happy };
}
