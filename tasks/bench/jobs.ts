import { evaluateReference } from "../../engine/mod.ts";
import { blockData, blockFlops } from "./block.ts";
import type { Library, Runner } from "./library.ts";
import { blockGraph } from "./our_library.ts";
import { uniform } from "./uniform.ts";

/** Names that `--only` takes. */
export const JOB_KINDS = ["adapter", "matmul", "softmax", "layer_norm", "block"] as const;

/** One of {@linkcode JOB_KINDS}. */
export type JobKind = typeof JOB_KINDS[number];

/** Something that every library does and that is timed. */
export interface Job {
  readonly name: string;
  readonly kind: JobKind;
  /** Operations of one run, a multiply-add counted as two. */
  readonly flops: number;
  /** Bytes read and written at least, where memory is what bounds the job. */
  readonly bytes: number | null;
  start(library: Library): Promise<Runner>;
  /** Elements of the result by index, computed directly. */
  expected(): ReadonlyMap<number, number>;
  /** How far an element may be from what is expected. */
  readonly tolerance: number;
}

/** The jobs in the order of the table. */
export function jobs(): Job[] {
  return [matmulJob(512), matmulJob(1024), softmaxJob(), layerNormJob(), blockJob()];
}

function matmulJob(n: number): Job {
  const a = uniform(n * n, 1, 0);
  const b = uniform(n * n, 1, 1);
  return {
    name: `matmul ${n}`,
    kind: "matmul",
    flops: 2 * n ** 3,
    bytes: null,
    start: (library) => library.matmul(a, b, n),
    expected() {
      const [i, j] = [n - 3, 5];
      let sum = 0;
      for (let k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      return new Map([[i * n + j, sum]]);
    },
    tolerance: 1e-3,
  };
}

const ROWS = 4096;
const COLUMNS = 1024;

/** The last row of the data that softmax and layer norm are given. */
function lastRow(x: Float32Array): { at: number; row: number[] } {
  const at = (ROWS - 1) * COLUMNS;
  return { at, row: [...x.subarray(at)] };
}

function softmaxJob(): Job {
  const x = uniform(ROWS * COLUMNS, 4, 2);
  return {
    name: `softmax ${ROWS} x ${COLUMNS}`,
    kind: "softmax",
    flops: 5 * x.length,
    bytes: 2 * x.byteLength,
    start: (library) => library.softmax(x, COLUMNS),
    expected() {
      const { at, row } = lastRow(x);
      const total = row.reduce((sum, v) => sum + Math.exp(v), 0);
      return new Map([[at + 7, Math.exp(row[7]) / total]]);
    },
    tolerance: 1e-6,
  };
}

function layerNormJob(): Job {
  const x = uniform(ROWS * COLUMNS, 4, 3);
  const weight = uniform(COLUMNS, 1, 4);
  const bias = uniform(COLUMNS, 1, 5);
  return {
    name: `layer norm ${ROWS} x ${COLUMNS}`,
    kind: "layer_norm",
    flops: 8 * x.length,
    bytes: 2 * x.byteLength,
    start: (library) => library.layerNorm(x, weight, bias),
    expected() {
      const { at, row } = lastRow(x);
      const mean = row.reduce((sum, v) => sum + v, 0) / COLUMNS;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / COLUMNS;
      const normal = (row[7] - mean) / Math.sqrt(variance + 1e-5);
      return new Map([[at + 7, normal * weight[7] + bias[7]]]);
    },
    tolerance: 1e-4,
  };
}

function blockJob(): Job {
  const data = blockData();
  return {
    name: "block forward + backward",
    kind: "block",
    flops: blockFlops(),
    bytes: null,
    start: (library) => library.block(data),
    expected() {
      const [gradient] = evaluateReference([blockGraph(data)["norm1.bias"]]);
      return new Map(gradient.entries());
    },
    tolerance: 1e-5,
  };
}
