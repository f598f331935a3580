import { Float64Machine, type Float64MachineOptions } from "./float64_machine.ts";
import { programMethod, type SamplerProgram } from "../../eval/samplers/program.ts";

/** Carries a program out in float64. @returns the images after each step, the first ones first */
export async function inFloat64(
  program: SamplerProgram,
  options: Omit<Float64MachineOptions, "prediction">,
): Promise<Float64Array[]> {
  const machine = new Float64Machine({ ...options, prediction: program.prediction });
  const path = [machine.x];
  await programMethod(program).run(machine, () => void path.push(machine.x));
  return path;
}
