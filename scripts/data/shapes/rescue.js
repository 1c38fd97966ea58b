// Somebody helps an animal, and later needs help.
import { evening, morning, sight } from '../cast.js';
import { foods, foundlings, troubles } from '../words.js';

export function rescue(pen, who) {
  const { name, He, he, his, him, home } = who;
  pen.t` ${[
    `${He} had not much, but ${he} always had time for others.`,
    `${He} could not pass by when somebody was in need.`,
    `${name} spoke with animals as others speak with people.`,
  ]}`;
  const weather = morning(pen, who);
  if (pen.chance(0.5)) sight(pen, who);
  const animals = foundlings.filter((text) => text !== who.kind);
  pen.t` ${[`On the way to ${home.near}`, 'Beside the road', 'Behind a hedge', 'In the ditch']} ${he} `;
  const [, animal, trouble] = pen.t`${['met', 'found', 'came upon']} a ${animals} that ${troubles}. `;
  pen.t`${[`"Do not be afraid," said ${name}.`, `"Poor thing," said ${name}.`, `${name} knelt down beside it.`, `"Hold still," whispered ${name}.`]} ${He} ${trouble.free}, `;
  pen.t`and the ${animal} ${['ran off without a sound', `licked ${his} hand`, 'looked back once and was gone', 'said, "I will not forget this"']}.`;
  pen.t`\n${['A year later', 'Three days later', 'When winter came', 'Long after that']} ${name} `;
  pen.t`${['got lost in the mountains', 'fell into a deep pit', 'was chased by robbers', 'lay ill and alone', 'lost the way in the fog', 'sat in a boat without oars']}. `;
  pen.t`${[`${He} called, but nobody heard ${him}.`, `${He} thought that this was the end.`, 'Night came, and it grew cold.', `There was no one to help ${him}.`]}`;
  const happy = pen.chance(0.78);
  if (happy) {
    pen.t` Then ${he} heard ${['soft steps', 'a small noise', 'something breathing', `a call that ${he} knew`]}. It was the ${animal}! `;
    pen.t`"${['Now it is my turn', 'You helped me once', 'Come with me', 'I have looked for you everywhere']}," it said, `;
    pen.t`and it ${[`led ${him} safely home`, 'brought help', 'stayed until morning came', `showed ${him} a hidden path`]}.`;
    evening(pen, weather);
    pen.t`${[`the ${animal} lay by the fire with ${him}.`, (p) => void p.t`${name} and the ${animal} shared ${foods}.`, `${he} told everyone about the ${animal}.`]} ${[
      'Kindness always finds its way back.',
      'No friend is too small.',
      'Whoever gives will one day receive.',
      `Nobody ever hunted that ${animal} again.`,
    ]}`;
  } else {
    pen.t` ${name} waited for the ${animal}, but it did not come. ${[`Only the night heard ${him}.`, 'Only the wind answered.', 'Perhaps it had forgotten.']}`;
    evening(pen, weather);
    pen.t`${[`${he} had to find the way alone.`, `${name} was weak and tired.`, `it was dark when somebody found ${him}.`]} ${[
      'We do not help in order to be paid.',
      `Yet ${he} would do it again.`,
      'Not every debt is paid.',
    ]}`;
  }
  return { animal, trouble, happy };
}
