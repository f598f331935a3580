/** A loss curve as the points of its lines, in the units of a box. */
export interface LossCurve {
  /** The losses, `x,y` of each point. */
  readonly losses: string;
  /** Their moving average. */
  readonly average: string;
  /** Heights of marks on the axis of losses. */
  readonly marks: readonly { readonly y: number; readonly text: string }[];
}

/** Weight of the past in the average, as in the log. */
const DECAY = 0.96;
/** Marks are at these, times powers of 10. */
const MARKS = [1, 2, 5];

/**
 * Lays out the losses of steps `first`, `first + 1`, .. on a logarithmic axis. Where several fall on
 * one column of the box, the smallest and the largest stay.
 *
 * @param n_steps steps of the whole run: the width of the box
 */
export function lossCurve(
  losses: readonly number[],
  { first, n_steps, width, height }: {
    first: number;
    n_steps: number;
    width: number;
    height: number;
  },
): LossCurve {
  const averages = movingAverage(losses);
  const [least, most] = bounds(losses);
  const [low, high] = [Math.log(least), Math.log(most)];
  const x = (i: number) => (first + i) / Math.max(1, n_steps - 1) * width;
  const y = (loss: number) => height - (Math.log(loss) - low) / (high - low) * height;
  const line = (values: readonly number[]) =>
    thinned(values, x).map((i) => `${x(i).toFixed(1)},${y(values[i]).toFixed(1)}`).join(" ");
  return {
    losses: line(losses),
    average: line(averages),
    marks: marksBetween(least, most).map((loss) => ({ y: y(loss), text: String(loss) })),
  };
}

function movingAverage(losses: readonly number[]): number[] {
  let [sum, weight] = [0, 0];
  return losses.map((loss) => {
    sum = DECAY * sum + (1 - DECAY) * loss;
    weight = DECAY * weight + (1 - DECAY);
    return sum / weight;
  });
}

/** The range of the axis: that of the losses, a factor of 4 at least. */
function bounds(losses: readonly number[]): [least: number, most: number] {
  let [least, most] = [Infinity, 0];
  for (const loss of losses) {
    if (!(loss > 0 && loss < Infinity)) continue;
    least = Math.min(least, loss);
    most = Math.max(most, loss);
  }
  if (least > most) return [0.1, 1];
  most *= 1.05;
  return [Math.min(least * 0.95, most / 4), most];
}

/** Indices of the smallest and the largest value of each column, in order. */
function thinned(values: readonly number[], x: (i: number) => number): number[] {
  const kept: number[] = [];
  let column: number[] = [];
  const close = () => {
    const byValue = column.toSorted((a, b) => values[a] - values[b]);
    kept.push(...[...new Set([byValue[0], byValue.at(-1)!])].sort((a, b) => a - b));
  };
  for (let i = 0; i < values.length; i++) {
    if (column.length > 0 && Math.floor(x(column[0])) !== Math.floor(x(i))) {
      close();
      column = [];
    }
    column.push(i);
  }
  if (column.length > 0) close();
  return kept;
}

function marksBetween(least: number, most: number): number[] {
  const marks: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power++) {
    for (const mark of MARKS) {
      const value = Number((mark * 10 ** power).toPrecision(1));
      if (value >= least && value <= most) marks.push(value);
    }
  }
  return marks;
}
