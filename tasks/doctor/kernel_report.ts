import { counted } from "../../engine/counted.ts";
import { compareWithReference } from "../../engine/testing/example.ts";
import { examples } from "../../engine/testing/registry.ts";
import type { Device } from "../../engine/device.ts";

/** The error of an example of an operation, gradients included, against the float64 reference. */
export interface KernelReport {
  /** The example's name. */
  readonly example: string;
  /** Number of kernels that it runs. */
  readonly kernels: number;
  /** Largest difference over the largest magnitude. */
  readonly error: number;
  /** Whether the error is within tolerance. */
  readonly agrees: boolean;
  /** The error message, where the device could not run it. */
  readonly problem?: string;
}

/** Tolerance for float32 kernels. */
const TOLERANCE = 1e-4;

/** Compares the registered examples with the reference, one by one. */
export async function* kernelReports(device: Device): AsyncGenerator<KernelReport> {
  for (const example of examples) {
    try {
      const { error, kernels } = await compareWithReference(device, example);
      yield { example: example.name, kernels: kernels.length, error, agrees: error <= TOLERANCE };
    } catch (fault) {
      const problem = (fault as Error).message.split("\n")[0];
      yield { example: example.name, kernels: 0, error: NaN, agrees: false, problem };
    }
  }
}

/** Prints a row for each report as it arrives, then the verdict. @returns whether all agree */
export async function kernelTable(
  reports: AsyncIterable<KernelReport>,
  print: (line: string) => void,
): Promise<boolean> {
  const width = Math.max(...examples.map((e) => e.name.length));
  print(`Kernels against the float64 reference, outputs and gradients (bound ${TOLERANCE})`);
  let wrong = 0;
  let worst = 0;
  for await (const { example, kernels, error, agrees, problem } of reports) {
    if (!agrees) wrong++;
    else worst = Math.max(worst, error);
    const verdict = agrees ? "ok" : `WRONG${problem ? `: ${problem}` : ""}`;
    const count = counted(kernels, "kernel").padStart(10);
    print(
      `  ${example.padEnd(width)}  ${count}  ${error.toExponential(1).padStart(8)}  ${verdict}`,
    );
  }
  print(
    wrong === 0
      ? `All ${examples.length} agree; the worst is ${worst.toExponential(1)}.`
      : `${wrong} of ${examples.length} do not agree: this driver computes wrong results, or the ` +
        "engine has a bug; please report this table.",
  );
  return wrong === 0;
}
