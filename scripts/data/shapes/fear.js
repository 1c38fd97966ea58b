// Somebody is afraid of something, and a friend calls for help from just there.
import { evening, morning, sight } from '../cast.js';
import { fears, foods, manners, people } from '../words.js';

export function fear(pen, who) {
  const { name, He, he, his, His, him, himself } = who;
  const others = people.filter(({ text }) => text !== name);
  const [dread] = pen.oneOf(
    () => pen.t` ${name} was afraid of nothing in the world except ${fears}.`.slice(1),
    () => pen.t` But ${he} had a secret: ${he} was afraid of ${fears}.`.slice(2),
    () => pen.t` Only one thing frightened ${him}, and that was ${fears}.`.slice(1),
  );
  pen.t` ${[`${He} told nobody about it.`, `The others often laughed at ${him} for that.`, `At night ${he} pulled the blanket over ${his} head.`]}`;
  const weather = morning(pen, who);
  if (pen.chance(0.4)) sight(pen, who);
  const friend = pen.oneOf(
    () => pen.t` ${name} heard somebody call for help. It was ${others}, who was stuck ${dread.where}.`[1],
    () => pen.t` A cry came from far away. It was ${others}, who stood ${dread.where} and could not move.`[0],
  );
  pen.t` "${['Please come quickly!', 'Do not leave me here!', 'Is anybody there?', 'Help me!']}" ${['cried', 'called', 'shouted']} ${friend}.`;
  pen.t` ${[`${name} went pale.`, `${His} knees began to shake.`, `${He} wanted to run away.`, `${His} heart beat like a drum.`]}`;
  const happy = pen.chance(0.72);
  if (happy) {
    pen.t` ${[
      `But then ${he} thought of ${friend.text} and took a deep breath.`,
      `"I am afraid, but I am coming," ${he} said.`,
      `${He} counted to ten and went.`,
      `${He} sang a song to ${himself} and walked on.`,
    ]}`;
    pen.t`\n${dread.truth}. ${name} took ${friend} by the hand and ${['led', 'pulled', 'brought']} ${friend.him} home.`;
    if (pen.chance(0.5))
      pen.t` "${['Thank you', 'I knew that you would come', 'You are braver than a lion']}," said ${friend} ${manners}.`;
    evening(pen, weather);
    pen.t`${[
      'the two of them laughed about it.',
      (p) => void p.t`${friend} gave ${him} ${foods}.`,
      `${name} was a little taller than before.`,
      `everybody praised ${him}.`,
    ]} ${['To be brave is to be afraid and go anyway.', 'Fear is smaller from close by.', `${He} was never afraid of ${dread.text} again.`, 'Friends make us strong.']}`;
  } else {
    pen.t` ${[`And ${he} did run, all the way home.`, `${He} hid behind a tree and waited.`, `${He} called for somebody else to go.`]}`;
    pen.t`\nIt was ${['the old teacher', 'a stranger', 'the night watchman', 'a little child']} who brought ${friend} home at last. `;
    pen.t`${[`${friend.text} did not say a word.`, `"Where were you?" asked ${friend.text}.`, `${friend.text} looked at ${him} for a long time.`]}`;
    evening(pen, weather);
    pen.t`${[`${name} was ashamed.`, `${he} still heard that cry.`, `${he} had no friend left.`]} ${[
      'Whoever runs away takes the fear along.',
      `It was a long time before ${friend.text} forgave ${him}.`,
      'Some chances come only once.',
    ]}`;
  }
  return { dread, friend, happy };
}
