/**
 * A script: compiles the WGSL texts of `FOLDER/wgsl.json` on Mesa's software driver, which writes down
 * the SPIR-V that Deno's WebGPU gives it; `FOLDER/spirv.json` then names a file for each text.
 */
const [folder] = Deno.args;
const codes: string[] = JSON.parse(await Deno.readTextFile(`${folder}/wgsl.json`));
const adapter = await navigator.gpu.requestAdapter();
if (!adapter) throw new Error("Mesa's software driver has no adapter");
const { limits } = adapter;
const gpu = await adapter.requestDevice({
  // Deno grants subgroups without listing them.
  requiredFeatures: ["shader-f16", "subgroups"] as GPUFeatureName[],
  requiredLimits: {
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
  },
});
const modules = () =>
  [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".spirv"));
// The device has shaders of its own.
const known = new Set(modules());
const names: string[] = [];
for (const code of codes) {
  gpu.pushErrorScope("validation");
  const module = gpu.createShaderModule({ code });
  const fault = await gpu.popErrorScope();
  if (fault) throw new Error(`${fault.message}\n${code}`);
  await gpu.createComputePipelineAsync({
    layout: "auto",
    compute: { module, entryPoint: "main" },
  });
  const written = modules().filter((name) => !known.has(name));
  if (written.length !== 1) throw new Error(`${written.length} modules were written of one text`);
  known.add(written[0]);
  names.push(written[0]);
}
await Deno.writeTextFile(`${folder}/spirv.json`, JSON.stringify(names));
