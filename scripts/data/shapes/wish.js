// Somebody wants to do a thing that is hard, and gets advice.
import { evening, morning, sight, visitor } from '../cast.js';
import { manners, wishes } from '../words.js';

export function wish(pen, who) {
  const { name, He, he, his, His, him } = who;
  const [goal] = pen.oneOf(
    () => pen.t` Every day ${he} dreamed of one thing: ${he} wanted to ${wishes}.`.slice(2),
    () => pen.t` More than anything, ${name} wanted to ${wishes}.`.slice(1),
    () => pen.t` "One day I will ${wishes}," ${name} said to everyone.`,
  );
  pen.t` ${[
    `But ${he} did not know where to begin.`,
    `But nobody had time to show ${him} how.`,
    `People laughed when ${he} spoke of it.`,
    `But ${he} was afraid to try.`,
    `${His} mother said that it was too hard.`,
  ]}`;
  const weather = morning(pen, who);
  pen.t` ${[`${name} put on ${his} good boots and went out.`, `"Today I will begin," said ${name}.`, `${He} sat by the window and sighed.`, `${He} packed some bread and a candle.`]}`;
  if (pen.chance(0.6)) sight(pen, who);
  const animal = visitor(
    pen,
    who.kind,
    pen.pick(['Why do you look so serious?', 'Where are you going?', 'May I help you?']),
  );
  pen.t` "I want to ${goal}," ${['answered', 'said', 'whispered']} ${name}. "${goal.help}," said the ${animal} ${manners}. `;
  pen.t`"${['That is the whole secret.', 'My grandfather taught me that.', 'But you must do it alone.', 'It took me years to learn.']}"`;
  const happy = pen.chance(0.75);
  if (happy) {
    const [, tries] =
      pen.t`\n${name} tried ${['once', 'twice', 'three times', 'seven times', 'all week', 'until winter']}. `;
    if (tries === 'once') pen.emit('It was easier than it had looked. ');
    else
      pen.t`${[`At first it went wrong and ${he} had to laugh. `, 'Each time it went a little better. ', `Often ${he} wanted to give up, but ${he} did not. `]}`;
    pen.t`Then at last ${name} ${goal.doing}, and ${goal.done}.`;
    evening(pen, weather);
    pen.t`${[`${name} thanked the ${animal.text}.`, `${he} was too happy to sleep.`, `the ${animal.text} said, "I knew it."`, `${name} told the story to everyone.`]} ${[
      'Whoever begins is already halfway there.',
      'A small step is also a step.',
      'Good advice costs nothing and is worth much.',
      'Patience opens every door.',
    ]}`;
  } else {
    pen.t`\nBut ${name} ${['did not listen', 'was in a hurry', 'wanted it all at once', 'forgot every word of it', 'was too proud to learn']}. `;
    pen.t`${[`Everything went wrong, and ${he} gave up.`, `${He} stopped before ${he} had really begun.`, `${He} blamed the ${animal.text} and walked away.`]}`;
    evening(pen, weather);
    pen.t`${[`${name} was sitting at home again.`, `${he} wished that ${he} had listened.`, 'nothing had changed.']} ${[
      'A wish alone builds nothing.',
      'Those who hurry arrive late.',
      `Even now ${he} has not managed to ${goal.text}.`,
    ]}`;
  }
  return { goal, animal, happy };
}
