// The length of finetuning where none is given: few rows are read more often (docs/log.md). Knows no data.

const [usual, most] = [3, 10];
const wantedSteps = 150;

/** Passes over the data: 3, more where they would make less than 150 steps, at most 10. @param stepsPerEpoch above 0 */
export function epochsFor(stepsPerEpoch: number): number {
  return Math.min(most, Math.max(usual, Math.ceil(wantedSteps / stepsPerEpoch)));
}
