import { runOnMesa } from "./run_on_mesa.ts";
import type { CompiledShader } from "./radv.ts";

/**
 * Compiles WGSL texts for families of AMD's GPUs, none of which need be there.
 *
 * @param codes the texts for each family
 * @returns for each family what came of each text
 * @throws {MissingDriverError} where Mesa's drivers are not installed
 * @throws {Error} where a text is not valid or cannot be compiled
 */
export async function compile(
  codes: readonly (readonly [family: string, codes: readonly string[]])[],
): Promise<Map<string, Map<string, CompiledShader>>> {
  const folder = await Deno.makeTempDir({ prefix: "compiled_" });
  const script = (name: string) => import.meta.resolve(name);
  const write = (name: string, value: unknown) =>
    Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(value));
  try {
    const all = [...new Set(codes.flatMap(([, texts]) => texts))];
    await write("wgsl.json", all);
    await runOnMesa("lvp", script("./dump_spirv.ts"), [folder], {
      DENO_WEBGPU_BACKEND: "vulkan",
      MESA_SPIRV_DUMP_PATH: folder,
    });
    const names: string[] = JSON.parse(await Deno.readTextFile(`${folder}/spirv.json`));
    const nameOf = new Map(all.map((code, i) => [code, names[i]]));
    const compiled = new Map<string, Map<string, CompiledShader>>();
    for (const [family, texts] of codes) {
      const distinct = [...new Set(texts)];
      await write("modules.json", distinct.map((code) => nameOf.get(code)!));
      await runOnMesa("radeon", script("./compile_modules.ts"), [folder], {
        RADV_FORCE_FAMILY: family,
      });
      const shaders: CompiledShader[] = JSON.parse(
        await Deno.readTextFile(`${folder}/compiled.json`),
      );
      compiled.set(family, new Map(distinct.map((code, i) => [code, shaders[i]])));
    }
    return compiled;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
