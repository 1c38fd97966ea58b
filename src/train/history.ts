// The losses of a run in bounded memory, for the curve at its end: means over equally wide stretches of steps, whose
// width doubles when there are too many. A pure function of the losses pushed, so a resumed run draws the same curve.

export interface LossHistory {
  /** Steps that a mean is over. */
  readonly width: number;
  /** Mean training loss of steps 1..width, width+1..2*width, ... */
  readonly means: readonly number[];
  /** The stretch still open. */
  readonly open: { readonly sum: number; readonly count: number };
  readonly evaluations: readonly { readonly iter: number; readonly trainLoss: number; readonly valLoss: number }[];
}

/** Most means and most evaluations kept. */
const limit = 512;

export const emptyHistory: LossHistory = { width: 1, means: [], open: { sum: 0, count: 0 }, evaluations: [] };

/** Adds the loss of the next step. */
export function pushLoss(history: LossHistory, loss: number): LossHistory {
  const sum = history.open.sum + loss;
  const count = history.open.count + 1;
  if (count < history.width) return { ...history, open: { sum, count } };
  const next = { ...history, means: [...history.means, sum / count], open: { sum: 0, count: 0 } };
  return next.means.length < limit ? next : { ...next, width: 2 * history.width, means: halve(next.means) };
}

/** Adds an evaluation. Past the limit every other one is dropped, the newest kept. */
export function pushEvaluation(
  history: LossHistory,
  point: { readonly iter: number; readonly trainLoss: number; readonly valLoss: number },
): LossHistory {
  const { iter, trainLoss, valLoss } = point;
  const all = [...history.evaluations, { iter, trainLoss, valLoss }];
  const evaluations = all.length < limit ? all : all.filter((_, index) => (all.length - 1 - index) % 2 === 0);
  return { ...history, evaluations };
}

/** Points of the training curve: the last step of each stretch and its mean loss. */
export function trainingCurve({ width, means, open }: LossHistory): { iter: number; loss: number }[] {
  const points = means.map((loss, index) => ({ iter: (index + 1) * width, loss }));
  if (open.count > 0) points.push({ iter: means.length * width + open.count, loss: open.sum / open.count });
  return points;
}

function halve(means: readonly number[]): number[] {
  const halved: number[] = [];
  for (let i = 0; i + 1 < means.length; i += 2) halved.push((means[i]! + means[i + 1]!) / 2);
  return halved;
}
