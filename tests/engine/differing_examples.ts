import type { Capabilities } from "../../engine/capabilities.ts";
import { layOut } from "../../engine/plan/layout.ts";
import { type OperationExample, traceExample } from "../../engine/testing/example.ts";

/**
 * The examples to run on one kind of adapter after others: those with a kernel whose text differs in
 * more than numbers from all `known` ones, and those that need no further kernel.
 *
 * @param known kinds of the kernels that have run; those of the chosen examples are added
 */
export function differingExamples(
  capabilities: Capabilities,
  examples: readonly OperationExample[],
  known: Set<string>,
): OperationExample[] {
  const planned = examples.map((example) => ({ example, codes: codesOf(capabilities, example) }));
  const compiled = new Set<string>();
  for (const { codes } of planned) {
    if (codes.every((code) => known.has(kindOf(code)))) continue;
    for (const code of codes) {
      compiled.add(code);
      known.add(kindOf(code));
    }
  }
  return planned
    .filter(({ codes }) => codes.every((code) => compiled.has(code)))
    .map(({ example }) => example);
}

/** The texts of an example's kernels, gradients included. */
export function codesOf(capabilities: Capabilities, example: OperationExample): string[] {
  const { outputs, gradients } = traceExample(example);
  const compared = Object.fromEntries([...outputs, ...gradients].entries());
  return layOut(capabilities, { outputs: compared }).dispatches.map(({ code }) => code);
}

/** A kernel's text without its numbers. */
export function kindOf(code: string): string {
  return code.replace(/(?<!\w)\d+/g, "#");
}
