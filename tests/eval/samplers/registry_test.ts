import { match, strictEqual as equal, throws } from "node:assert/strict";
import { samplerSettings } from "../../../eval/sampler_settings.ts";
import { chooseMethod } from "../../../eval/samplers/choose_method.ts";
import { lastTimeHelp, optionHelp, samplerNamed } from "../../../eval/samplers/registry.ts";
import { vpLinear } from "../../../train/diffusion/vp_linear.ts";

Deno.test("samplerNamed() refuses an unknown name, with the names there are and the nearest", () => {
  throws(
    () => samplerNamed("huen"),
    /^UsageError: there is no sampler "huen", only dpm_solver, .* and .*; did you mean heun\?$/,
  );
  throws(
    () => samplerNamed("toString"),
    /^UsageError: there is no sampler "toString", only [^?]*$/,
  );
  throws(() => chooseMethod(vpLinear(), samplerSettings("dpm", 4)), /there is no sampler "dpm"/);
});

Deno.test("optionHelp() names the samplers that have an option, and its defaults", () => {
  equal(optionHelp("eta"), "ddim only; null: 0");
  equal(optionHelp("order"), "dpm_solver and dpm_solver_pp only; null: 3, and 2 for multistep");
  equal(optionHelp("variant"), "null: fast for dpm_solver, multistep for dpm_solver_pp");
  match(optionHelp("grid"), /^null: log_snr for dpm_solver and .*, karras for heun/);
  equal(
    lastTimeHelp(),
    "null: 0.001 for euler_maruyama_ode and euler_maruyama_sde, else the noise schedule's: " +
      "0.0001 for vp_linear and vp_cosine, 0.001 for vp_discrete",
  );
});
