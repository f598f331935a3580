import type { Capabilities } from "../capabilities.ts";
import { gridOf } from "./dispatch.ts";

/** Dispatch dimensions, and the WGSL that a kernel finds its place in the grid with. */
export interface FoldedGrid {
  /** Workgroups in each dimension. */
  readonly workgroups: readonly [number, number, number];
  /** The parameters of `main` that the statements need. */
  readonly parameters: string;
  /** Statements that declare `workgroup`, where it is not a parameter. */
  readonly declarations: string;
}

/**
 * The dispatch of a grid in three dimensions. Where one is beyond the limit, all are folded into
 * two as by {@linkcode gridOf}; the excess workgroups return at once.
 */
export function foldGrid(
  capabilities: Capabilities,
  [x, y, z]: readonly [number, number, number],
): FoldedGrid {
  const lane = "@builtin(local_invocation_index) lane: u32";
  if (Math.max(x, y, z) <= capabilities.maxWorkgroupsPerDimension) {
    return {
      workgroups: [x, y, z],
      parameters: `@builtin(workgroup_id) workgroup: vec3u, ${lane}`,
      declarations: "",
    };
  }
  const workgroups = gridOf(x * y * z, capabilities);
  return {
    workgroups,
    parameters: `@builtin(workgroup_id) folded: vec3u, ${lane}`,
    declarations: `
  let index = folded.x + folded.y * ${workgroups[0]}u;
  if (index >= ${x * y * z}u) { return; }
  let workgroup = vec3u(index % ${x}u, index / ${x}u % ${y}u, index / ${x * y}u);`,
  };
}
