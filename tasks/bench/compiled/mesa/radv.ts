import { cString, CStructure, cText } from "./c_structure.ts";
import { spirvBindings } from "./spirv_bindings.ts";
import { EXECUTABLE, STRUCTURE, VALUE, VULKAN } from "./vulkan_symbols.ts";

/** What a driver made of a shader. */
export interface CompiledShader {
  /** The driver's numbers, by its names for them: "VGPRs", "Spilled VGPRs", "LDS size" .. */
  readonly statistics: Readonly<Record<string, number>>;
  /** Invocations of a subgroup. */
  readonly subgroupSize: number;
  /** What it would run. */
  readonly assembly: string;
}

type Executable = Deno.UnsafeFnPointer<typeof EXECUTABLE>;

/**
 * Mesa's driver for AMD's GPUs on one that is not there: with `RADV_FORCE_FAMILY` it makes a device
 * without hardware, whose pipelines are compiled as ever. Such a device has no fences or memory,
 * which WebGPU asks for, so Vulkan is called itself. The process's end frees all.
 */
export class Radv {
  readonly #vk: Deno.DynamicLibrary<typeof VULKAN>["symbols"];
  readonly #device: Deno.PointerObject;
  readonly #executables: Executable;
  readonly #statistics: Executable;
  readonly #representations: Executable;

  /** @throws {Error} where the driver knows no such family, or is too old */
  constructor() {
    this.#vk = Deno.dlopen("libvulkan.so.1", VULKAN).symbols;
    const physical = physicalDevice(this.#vk);
    this.#device = createDevice(this.#vk, physical);
    this.#executables = this.#extension("vkGetPipelineExecutablePropertiesKHR");
    this.#statistics = this.#extension("vkGetPipelineExecutableStatisticsKHR");
    this.#representations = this.#extension("vkGetPipelineExecutableInternalRepresentationsKHR");
  }

  /** Compiles a module whose entry point is `main` and whose bindings are in group 0. */
  compile(spirv: Uint8Array<ArrayBuffer>): CompiledShader {
    const pipeline = this.#pipeline(spirv);
    const [executable] = this.#list(
      this.#executables,
      new CStructure(24, STRUCTURE.PIPELINE).u64(16, pipeline),
      { bytes: 536, sType: STRUCTURE.EXECUTABLE_PROPERTIES },
    );
    const which = new CStructure(32, STRUCTURE.EXECUTABLE).u64(16, pipeline);
    const statistics = this.#list(this.#statistics, which, {
      bytes: 544,
      sType: STRUCTURE.EXECUTABLE_STATISTIC,
    });
    return {
      statistics: Object.fromEntries(statistics.map((s) => [
        s.readText(16, 256),
        s.readU32(528) === VALUE.FORMAT_FLOAT64 ? s.readF64(536) : Number(s.readU64(536)),
      ])),
      subgroupSize: executable.readU32(532),
      assembly: this.#assembly(which),
    };
  }

  #extension(name: string): Executable {
    const pointer = this.#vk.vkGetDeviceProcAddr(this.#device, cString(name));
    if (!pointer) throw new Error(`the driver has no ${name}`);
    return new Deno.UnsafeFnPointer(pointer as Deno.PointerObject<typeof EXECUTABLE>, EXECUTABLE);
  }

  #pipeline(spirv: Uint8Array<ArrayBuffer>): bigint {
    const module = this.#create(
      "vkCreateShaderModule",
      new CStructure(40, STRUCTURE.SHADER_MODULE).u64(24, BigInt(spirv.length)).pointer(32, spirv),
    );
    const bindings = spirvBindings(spirv);
    const list = new CStructure(24 * bindings.length);
    bindings.forEach(({ binding, isUniform }, i) =>
      list.u32(24 * i, binding)
        .u32(24 * i + 4, isUniform ? VALUE.UNIFORM_BUFFER : VALUE.STORAGE_BUFFER)
        .u32(24 * i + 8, 1)
        .u32(24 * i + 12, VALUE.COMPUTE_STAGE)
    );
    const set = this.#create(
      "vkCreateDescriptorSetLayout",
      new CStructure(32, STRUCTURE.DESCRIPTOR_SET_LAYOUT).u32(20, bindings.length)
        .pointer(24, list),
    );
    const layout = this.#create(
      "vkCreatePipelineLayout",
      new CStructure(48, STRUCTURE.PIPELINE_LAYOUT).u32(20, 1)
        .pointer(24, new CStructure(8).u64(0, set)),
    );
    const info = new CStructure(96, STRUCTURE.COMPUTE_PIPELINE)
      .u32(16, VALUE.CAPTURE_STATISTICS | VALUE.CAPTURE_REPRESENTATIONS)
      // The stage, as Deno's WebGPU asks for it.
      .u32(24, STRUCTURE.SHADER_STAGE)
      .u32(40, VALUE.ALLOW_VARYING_SUBGROUP_SIZE)
      .u32(44, VALUE.COMPUTE_STAGE)
      .u64(48, module)
      .pointer(56, cString("main"))
      .u64(72, layout);
    const pipeline = new CStructure(8);
    check(
      "vkCreateComputePipelines",
      this.#vk.vkCreateComputePipelines(this.#device, 0n, 1, info.bytes, null, pipeline.bytes),
    );
    return pipeline.readU64(0);
  }

  #create(
    what: "vkCreateShaderModule" | "vkCreateDescriptorSetLayout" | "vkCreatePipelineLayout",
    info: CStructure,
  ): bigint {
    const handle = new CStructure(8);
    check(what, this.#vk[what](this.#device, info.bytes, null, handle.bytes));
    return handle.readU64(0);
  }

  /** What a function lists: asked for the number first. */
  #list(
    list: Executable,
    of: CStructure,
    { bytes, sType }: { readonly bytes: number; readonly sType: number },
  ): CStructure[] {
    const count = new CStructure(4);
    list.call(this.#device, of.bytes, count.bytes, null);
    const n = count.readU32(0);
    const all = new CStructure(bytes * n);
    for (let i = 0; i < n; i++) all.u32(bytes * i, sType);
    list.call(this.#device, of.bytes, count.bytes, all.bytes);
    return Array.from({ length: n }, (_, i) => {
      const one = new CStructure(bytes);
      one.bytes.set(all.bytes.subarray(bytes * i, bytes * (i + 1)));
      return one;
    });
  }

  #assembly(which: CStructure): string {
    const [BYTES, NAME, SIZE, DATA] = [552, 16, 536, 544];
    const sized = this.#list(this.#representations, which, {
      bytes: BYTES,
      sType: STRUCTURE.EXECUTABLE_REPRESENTATION,
    });
    const texts = sized.map((one) => new Uint8Array(Number(one.readU64(SIZE))));
    const all = new CStructure(BYTES * sized.length);
    sized.forEach((one, i) => {
      all.bytes.set(one.bytes, BYTES * i);
      all.pointer(BYTES * i + DATA, texts[i]);
    });
    const count = new CStructure(4).u32(0, sized.length);
    this.#representations.call(this.#device, which.bytes, count.bytes, all.bytes);
    const found = sized.findIndex((one) => one.readText(NAME, 256) === "Assembly");
    if (found < 0) throw new Error("the driver prints no assembly: it was built without LLVM");
    return cText(texts[found]);
  }
}

function physicalDevice(
  vk: Deno.DynamicLibrary<typeof VULKAN>["symbols"],
): Deno.PointerObject {
  const application = new CStructure(48).u32(44, VALUE.API_1_3);
  const create = new CStructure(64, STRUCTURE.INSTANCE).pointer(24, application);
  const instance = new CStructure(8);
  check("vkCreateInstance", vk.vkCreateInstance(create.bytes, null, instance.bytes));
  const [count, physical] = [new CStructure(4).u32(0, 1), new CStructure(8)];
  check(
    "vkEnumeratePhysicalDevices",
    vk.vkEnumeratePhysicalDevices(pointerIn(instance), count.bytes, physical.bytes),
  );
  if (count.readU32(0) === 0) throw new Error("the driver has no device: it knows no such family");
  return pointerIn(physical)!;
}

/** A device with all the features there are, as WebGPU's: what counts are the checks of bounds. */
function createDevice(
  vk: Deno.DynamicLibrary<typeof VULKAN>["symbols"],
  physical: Deno.PointerObject,
): Deno.PointerObject {
  const executable = new CStructure(24, STRUCTURE.EXECUTABLE_FEATURES);
  const robustness = new CStructure(32, STRUCTURE.ROBUSTNESS_2).pointer(8, executable);
  const v1_3 = new CStructure(80, STRUCTURE.FEATURES_1_3).pointer(8, robustness);
  const v1_2 = new CStructure(208, STRUCTURE.FEATURES_1_2).pointer(8, v1_3);
  const v1_1 = new CStructure(64, STRUCTURE.FEATURES_1_1).pointer(8, v1_2);
  const features = new CStructure(240, STRUCTURE.FEATURES).pointer(8, v1_1);
  vk.vkGetPhysicalDeviceFeatures2(physical, features.bytes);
  if (executable.readU32(16) !== 1) throw new Error("the driver does not say what it compiles");
  const NULL_DESCRIPTOR = 24;
  robustness.u32(NULL_DESCRIPTOR, 0);
  const priority = new CStructure(4);
  const queue = new CStructure(40, STRUCTURE.DEVICE_QUEUE).u32(24, 1).pointer(32, priority);
  const names = ["VK_KHR_pipeline_executable_properties", "VK_EXT_robustness2"];
  const extensions = new CStructure(8 * names.length);
  names.forEach((name, i) => extensions.pointer(8 * i, cString(name)));
  const create = new CStructure(72, STRUCTURE.DEVICE).pointer(8, features).u32(20, 1)
    .pointer(24, queue).u32(48, names.length).pointer(56, extensions);
  const device = new CStructure(8);
  check("vkCreateDevice", vk.vkCreateDevice(physical, create.bytes, null, device.bytes));
  return pointerIn(device)!;
}

function pointerIn(handle: CStructure): Deno.PointerValue {
  return Deno.UnsafePointer.create(handle.readU64(0));
}

function check(what: string, result: number): void {
  if (result !== 0) throw new Error(`${what} failed: ${result}`);
}
