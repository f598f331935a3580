import type { z } from "zod";
import { isRecord } from "../formats/is_record.ts";
import { autoencoderRunSchema } from "./autoencoder_run_schema.ts";
import type { RunConfig } from "./autoencoder_run_config.ts";
import { configSchema } from "./config_schema.ts";

/** The schema of a run's whole configuration, by the network that it trains. */
export function runSchemaOf(network: unknown): z.ZodType<RunConfig> {
  return network === "autoencoder" ? autoencoderRunSchema : configSchema;
}

/**
 * The configuration of any run, from JSON.
 *
 * @throws {z.ZodError} where it is none
 */
export function parseRunConfig(value: unknown): RunConfig {
  const nnet = isRecord(value) ? value.nnet : undefined;
  return runSchemaOf(isRecord(nnet) ? nnet.name : undefined).parse(value);
}
