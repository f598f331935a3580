import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import { Browser, CHROMIUM, WEBGPU } from "../browser/browser.ts";
import { blankSite } from "./blank_site.ts";
import { kernelTexts } from "./kernel_texts.ts";

/**
 * In the page: what is wrong with each text, in their order; null for those that compile, and for
 * the casts to f16 where the adapter has none.
 */
const COMPILE = `async (texts) => {
  const adapter = await navigator.gpu.requestAdapter();
  const requiredFeatures = ["subgroups", "shader-f16"].filter((f) => adapter.features.has(f));
  const device = await adapter.requestDevice({ requiredFeatures });
  return await Promise.all(texts.map(async ({ code, usesSubgroups }) => {
    if (code.includes("enable f16;") && !device.features.has("shader-f16")) return null;
    const enables = usesSubgroups && device.features.has("subgroups");
    const directives = enables ? "enable subgroups;\\n" : "";
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code: directives + code });
    const [error, { messages }] = await Promise.all([
      device.popErrorScope(),
      module.getCompilationInfo(),
    ]);
    const lines = messages.map(({ type, lineNum, message }) => type + " " + lineNum + ": " + message);
    return error || lines.length > 0 ? [...lines, error?.message, code].join("\\n") : null;
  }));
}`;

Deno.test({
  name: CHROMIUM
    ? "Chromium compiles every kernel that any class of adapter would be given"
    : "kernels are not compiled in a browser: no Chromium here",
  ignore: !CHROMIUM,
  async fn() {
    await using site = blankSite();
    await using browser = await Browser.start(WEBGPU);
    const page = await browser.open(site.url);
    // Chromium's own adapter has none.
    const f16 = await page.evaluate<boolean>(
      `navigator.gpu.requestAdapter().then(({ features }) => features.has("shader-f16"))`,
    );
    const texts = kernelTexts(f16);
    ok(texts.length > (f16 ? 900 : 300), `only ${texts.length} texts`);
    const compile = (texts: unknown) =>
      page.evaluate<(string | null)[]>(`(${COMPILE})(${JSON.stringify(texts)})`);
    for (const enables of f16 ? ["", "enable f16;"] : [""]) {
      const [broken] = await compile([{ code: `${enables}fn f() { g(); }`, usesSubgroups: false }]);
      ok(broken?.includes("g"), "a broken text compiles");
    }
    const faults = (await compile(texts)).filter((fault) => fault !== null);
    deepEqual(faults, []);
  },
});
