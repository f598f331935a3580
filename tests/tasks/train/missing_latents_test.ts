import { match, strictEqual as equal } from "node:assert/strict";
import { command } from "../tiny_run.ts";

Deno.test("train --preset=quickstart_latent names the two commands that make its latents", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const args = ["--preset=quickstart_latent", "--scalelong=3"];
    const { code, stderr } = await command(args, folder).output();
    const said = new TextDecoder().decode(stderr);
    equal(code, 2, said);
    match(
      said,
      /^runs\/quickstart_autoencoder\/features: is not there yet; .*train --preset=quickstart_autoencoder and .*features --autoencoder=runs\/quickstart_autoencoder make it, in minutes\n$/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
