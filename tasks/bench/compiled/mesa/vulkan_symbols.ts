const create = { parameters: ["pointer", "buffer", "pointer", "buffer"], result: "i32" } as const;

/** The functions of Vulkan's loader that compiling takes. */
export const VULKAN = {
  vkCreateInstance: { parameters: ["buffer", "pointer", "buffer"], result: "i32" },
  vkEnumeratePhysicalDevices: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  vkGetPhysicalDeviceFeatures2: { parameters: ["pointer", "buffer"], result: "void" },
  vkGetDeviceProcAddr: { parameters: ["pointer", "buffer"], result: "pointer" },
  vkCreateDevice: create,
  vkCreateShaderModule: create,
  vkCreateDescriptorSetLayout: create,
  vkCreatePipelineLayout: create,
  vkCreateComputePipelines: {
    parameters: ["pointer", "u64", "u32", "buffer", "pointer", "buffer"],
    result: "i32",
  },
} as const;

/** What the functions of VK_KHR_pipeline_executable_properties take. */
export const EXECUTABLE = {
  parameters: ["pointer", "buffer", "buffer", "buffer"],
  result: "i32",
} as const;

/** Vulkan's numbers of the structures that are used. */
export const STRUCTURE = {
  INSTANCE: 1,
  DEVICE_QUEUE: 2,
  DEVICE: 3,
  SHADER_MODULE: 16,
  SHADER_STAGE: 18,
  COMPUTE_PIPELINE: 29,
  PIPELINE_LAYOUT: 30,
  DESCRIPTOR_SET_LAYOUT: 32,
  FEATURES_1_1: 49,
  FEATURES_1_2: 51,
  FEATURES_1_3: 53,
  FEATURES: 1_000_059_000,
  EXECUTABLE_FEATURES: 1_000_269_000,
  PIPELINE: 1_000_269_001,
  EXECUTABLE_PROPERTIES: 1_000_269_002,
  EXECUTABLE: 1_000_269_003,
  EXECUTABLE_STATISTIC: 1_000_269_004,
  EXECUTABLE_REPRESENTATION: 1_000_269_005,
  ROBUSTNESS_2: 1_000_286_000,
} as const;

/** Vulkan's numbers of the flags and kinds that are used. */
export const VALUE = {
  API_1_3: (1 << 22) | (3 << 12),
  COMPUTE_STAGE: 0x20,
  UNIFORM_BUFFER: 6,
  STORAGE_BUFFER: 7,
  CAPTURE_STATISTICS: 0x40,
  CAPTURE_REPRESENTATIONS: 0x80,
  ALLOW_VARYING_SUBGROUP_SIZE: 1,
  FORMAT_FLOAT64: 3,
} as const;
