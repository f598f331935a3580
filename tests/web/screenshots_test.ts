import { join } from "node:path";
import { FIRST_SETTINGS } from "../../tasks/demo/worker/run_config.ts";
import { CHROMIUM } from "../browser/browser.ts";
import { DemoPage } from "./demo_page.ts";

/** `SCALELONG_SCREENSHOTS=FOLDER:STEPS` trains so many steps and leaves pictures of the page there. */
const [folder, steps = "600"] = Deno.env.get("SCALELONG_SCREENSHOTS")?.split(":") ?? [];
const settings = {
  ...FIRST_SETTINGS,
  depth: 2,
  embed_dim: 64,
  batch_size: 32,
  n_steps: Number(steps),
};

Deno.test({
  name: "pictures of the demo after training, where SCALELONG_SCREENSHOTS asks for them",
  ignore: !CHROMIUM || folder === undefined,
  async fn() {
    await using demo = await DemoPage.open();
    await demo.page.look({ width: 1280, height: 900 });
    await demo.ready();
    await demo.train(settings);
    await demo.said("is trained and saved", 3000);
    await demo.draw({ run: "run-1", label: "", scale: 2, steps: 20, seed: 1 });
    await Deno.mkdir(folder!, { recursive: true });
    for (const width of [1280, 400]) {
      for (const dark of [false, true]) {
        await demo.page.look({ width, height: 900, dark });
        await new Promise((resolve) => setTimeout(resolve, 200));
        const name = `demo_${width}_${dark ? "dark" : "light"}.png`;
        await Deno.writeFile(join(folder!, name), await demo.page.screenshot());
      }
    }
  },
});
