import { UserError } from "../../../engine/user_error.ts";
import type { Config } from "../../../train/config/config.ts";
import {
  type Checkpoint,
  CHECKPOINT_FILES,
  CheckpointError,
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../../train/checkpoints/checkpoint_files.ts";
import type { NamedFile } from "../messages.ts";
import type { Files } from "./files.ts";
import { LIGHT_PARSERS } from "./light_parsers.ts";

/** A run as it was saved last. */
export interface SavedRun {
  /** All that it needs to go on. */
  readonly checkpoint: Checkpoint;
  /** The loss of each step that was done here, up to the checkpoint's. */
  readonly losses: Float32Array<ArrayBuffer>;
}

/** What is known of a saved run without its weights. */
export interface SavedOutline {
  /** Steps done. */
  readonly step: number;
  /** Its configuration. */
  readonly config: Config;
  /** One name per class, where it is known what it was trained on. */
  readonly class_names: readonly string[];
}

/** A run does not fit the browser's storage; the message says what is left of it. */
export class StorageFullError extends UserError {
  /** The name of the class. */
  override readonly name: string = "StorageFullError";

  /** @param before the step that the run was saved at before; null for none */
  constructor(run: string, step: number, before: number | null) {
    const then = before === null ? "" : `, then go on from step ${before}`;
    super(
      `The browser’s storage is full: ${run} is not saved at step ${step}. ` +
        `Delete runs that you no longer need${then}.`,
    );
  }
}

const ROOT = "runs";
const LATEST = "latest.json";
const LOSSES = "losses.f32";

/**
 * Runs in files: `runs/<run>/<step>/` has a checkpoint and the losses, and `runs/<run>/latest.json`
 * says which step counts. It is written last, at once: a save that is cut short leaves the one
 * before.
 */
export class RunStore {
  /** @param files where they are kept */
  constructor(readonly files: Files) {}

  /** A name that no run has. What saves that were cut short have left is removed. */
  async newName(): Promise<string> {
    const names = await this.files.names(ROOT);
    const saved = await this.list();
    for (const name of names) {
      const outline = saved.get(name);
      if (outline) await this.#keepOnly(name, outline.step);
      else await this.files.remove(`${ROOT}/${name}`);
    }
    const numbers = Array.from(saved.keys(), (name) => Number(name.split("-")[1]) || 0);
    return `run-${Math.max(0, ...numbers) + 1}`;
  }

  /** All runs that were saved, newest name first. */
  async list(): Promise<Map<string, SavedOutline>> {
    const found = new Map<string, SavedOutline>();
    const names = await this.files.names(ROOT);
    const byNumber = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });
    for (const run of names.toSorted(byNumber).reverse()) {
      const outline = await this.#outline(run);
      if (outline) found.set(run, outline);
    }
    return found;
  }

  /**
   * Saves a run in place of what it was before.
   *
   * @throws {StorageFullError} where it does not fit; the run is then as it was before
   */
  async save(run: string, saved: SavedRun): Promise<void> {
    const { step } = saved.checkpoint;
    const before = await this.#outline(run);
    try {
      await this.#write(run, saved);
    } catch (error) {
      // What is half written would be in no list, and fill the storage.
      if (!before) await this.files.remove(`${ROOT}/${run}`);
      else if (before.step !== step) await this.files.remove(`${ROOT}/${run}/${step}`);
      if (!(error instanceof DOMException && error.name === "QuotaExceededError")) throw error;
      throw new StorageFullError(run, step, before && before.step);
    }
    await this.#keepOnly(run, step);
  }

  /** Removes the other steps of a run. */
  async #keepOnly(run: string, step: number): Promise<void> {
    for (const name of await this.files.names(`${ROOT}/${run}`)) {
      if (name !== LATEST && name !== String(step)) {
        await this.files.remove(`${ROOT}/${run}/${name}`);
      }
    }
  }

  async #write(run: string, { checkpoint, losses }: SavedRun): Promise<void> {
    const { step, config, data } = checkpoint;
    const folder = `${ROOT}/${run}/${step}`;
    for (const [name, bytes] of encodeCheckpoint(checkpoint)) {
      await this.files.write(`${folder}/${name}`, bytes);
    }
    await this.files.write(`${folder}/${LOSSES}`, new Uint8Array(losses.slice().buffer));
    const outline: SavedOutline = { step, config, class_names: data?.class_names ?? [] };
    await this.files.write(
      `${ROOT}/${run}/${LATEST}`,
      new TextEncoder().encode(JSON.stringify(outline)),
    );
  }

  /** Reads a run. @throws {CheckpointError} where it is gone, or damaged */
  async load(run: string): Promise<SavedRun> {
    const folder = await this.#folder(run);
    const checkpoint = await decodeCheckpoint(
      async (name) => ({ file: `${run}: ${name}`, bytes: await this.#read(run, folder, name) }),
      LIGHT_PARSERS,
    );
    const losses = await this.#read(run, folder, LOSSES);
    return { checkpoint, losses: new Float32Array(losses.buffer) };
  }

  /** The files of a run's checkpoint, as they are. @throws {CheckpointError} where it is gone */
  async checkpointFiles(run: string): Promise<NamedFile[]> {
    const folder = await this.#folder(run);
    const files: NamedFile[] = [];
    for (const name of CHECKPOINT_FILES) {
      files.push({ name, bytes: await this.#read(run, folder, name) });
    }
    return files;
  }

  /** Removes a run. */
  async remove(run: string): Promise<void> {
    // First what makes it one: of a removal that is cut short nothing is left in the list.
    await this.files.remove(`${ROOT}/${run}/${LATEST}`);
    await this.files.remove(`${ROOT}/${run}`);
  }

  async #outline(run: string): Promise<SavedOutline | null> {
    const bytes = await this.files.read(`${ROOT}/${run}/${LATEST}`);
    return bytes && JSON.parse(new TextDecoder().decode(bytes));
  }

  async #folder(run: string): Promise<string> {
    const outline = await this.#outline(run);
    if (!outline) throw new CheckpointError(`${run}: is no longer there; reload the page`);
    return `${ROOT}/${run}/${outline.step}`;
  }

  async #read(run: string, folder: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.files.read(`${folder}/${name}`);
    if (!bytes) throw new CheckpointError(`${run}: ${name} is missing; delete the run`);
    return bytes;
  }
}
