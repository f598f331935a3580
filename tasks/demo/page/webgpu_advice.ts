/** Why there is no WebGPU, and what to do about it. */
export interface Advice {
  /** What is missing. */
  readonly reason: string;
  /** What helps, one way each. */
  readonly ways: readonly string[];
}

const LINUX =
  "Linux: start Chrome as google-chrome --enable-unsafe-webgpu --enable-features=Vulkan, or turn on " +
  "chrome://flags/#enable-unsafe-webgpu. Without a graphics processor this gives a software adapter.";

/**
 * Why there is no WebGPU, and what to do about it.
 *
 * @param has_api whether the browser knows WebGPU at all
 * @param is_secure whether the page came by https or from this computer
 */
export function webgpuAdvice(has_api: boolean, is_secure: boolean): Advice {
  if (!is_secure) {
    return {
      reason:
        "Browsers offer it to pages from this computer or by https only, and this is neither.",
      ways: [
        "Open the page as http://127.0.0.1 on the computer that serves it, or serve it by https.",
      ],
    };
  }
  if (has_api) {
    return {
      reason: "It knows WebGPU, but found no graphics processor that it may use.",
      ways: [
        "Turn on hardware acceleration in the browser’s settings, and update the graphics driver.",
        LINUX,
        "Chrome and Edge say at chrome://gpu what they refuse, and why.",
      ],
    };
  }
  return {
    reason: "It does not know WebGPU, or has it turned off.",
    ways: [
      "Windows, macOS, ChromeOS, Android: Chrome or Edge from version 134.",
      "Windows: Firefox from version 141; elsewhere set dom.webgpu.enabled in about:config.",
      LINUX,
    ],
  };
}
