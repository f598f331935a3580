import { join } from "node:path";
import type { Device } from "../../engine/mod.ts";
import {
  type BestRecord,
  type FidScore,
  readBest,
  withScore,
  writeBest,
} from "../../train/checkpoints/best_checkpoint.ts";
import { checkpointFolder } from "../../train/checkpoints/checkpoint.ts";
import type { Config } from "../../train/config/config.ts";
import type { ImageSource } from "../../train/data/image_source.ts";
import { exists } from "../../train/files/durable.ts";
import { isLogged, type LogEntry } from "../../train/files/log.ts";
import { NotFiniteError } from "../not_finite_error.ts";
import { checkpointFid, type FidSubject } from "./checkpoint_fid.ts";
import { type FidDrawing, finalDrawing, usualDrawing } from "./fid_drawing.ts";
import type { FidNeeds } from "./fid_needs.ts";
import { type ImageProgress, referenceStatistics } from "./reference_statistics.ts";
import { scoreKind } from "./score_kind.ts";

/** What is called while a run is judged. */
export interface RunFidCallbacks {
  /** How far measuring the data, or an FID, has come. */
  readonly onProgress: ImageProgress;
  /** What was found, in a line. */
  readonly note: (message: string) => void;
}

/** Where scores go, and what ends the work early. */
export interface ScoreOptions {
  /** Takes a line of the run's log for each score. */
  readonly log: (entry: LogEntry) => void;
  /** Ends a score early; it is taken up again when the run goes on. */
  readonly signal?: AbortSignal;
}

/**
 * FIDs of a run's checkpoints: images from the averaged weights against the training data. The
 * lowest marks the best checkpoint, `checkpoints/best.json`. Everything is found again by a resumed
 * run; what was cut short is done again.
 */
export class RunFid {
  readonly #kind: string;
  #record: BestRecord | null = null;

  private constructor(
    /** What is judged, and with what. */
    readonly subject: FidSubject,
    /** Called while it is judged. */
    readonly callbacks: RunFidCallbacks,
  ) {
    this.#kind = scoreKind(subject, this.#usual);
  }

  /** Takes the statistics of the data, where no others are given, and keeps them in the workdir. */
  static async open(
    device: Device,
    config: Config,
    dataset: ImageSource,
    needs: FidNeeds,
    callbacks: RunFidCallbacks,
  ): Promise<RunFid> {
    const { inception, autoencoder } = needs;
    const { onProgress } = callbacks;
    const reference = await referenceStatistics(device, config, dataset, needs, onProgress);
    return new RunFid({ device, config, dataset, inception, reference, autoencoder }, callbacks);
  }

  /** The best checkpoint so far, which must not be deleted; null before the first score. */
  get best(): FidScore | null {
    return this.#record?.best ?? null;
  }

  /**
   * Reads the scores of a run that has done `step` steps, when its log is open. Scores its last checkpoint
   * if missing; logs that score if a run that was killed had recorded it and not logged it.
   */
  async takeUp(step: number, scores: ScoreOptions): Promise<void> {
    const { workdir, train } = this.subject.config;
    this.#record = await readBest(workdir, { step, kind: this.#kind });
    const due = step > 0 && (step % train.save_interval === 0 || step === train.n_steps);
    const known = this.#record?.scores.find((score) => score.step === step);
    if (known) await this.#logOnce("fid", this.#entryOf(known), scores);
    else if (due && await exists(checkpointFolder(workdir, step))) await this.score(step, scores);
  }

  /** Scores the checkpoint of `step`; gives up where the signal is aborted. */
  async score(step: number, { log, signal }: ScoreOptions): Promise<void> {
    const fid = await this.#fidOf(step, this.#usual, signal);
    if (fid === null) return;
    this.#record = withScore(this.#record, { step, fid }, this.#kind);
    await writeBest(this.subject.config.workdir, this.#record);
    log(this.#entryOf({ step, fid }));
    const { best } = this.#record;
    this.callbacks.note(
      `FID at step ${step}: ${fid.toFixed(4)} (${this.#kind})` +
        (best.step === step
          ? ", the best so far"
          : `; best: ${best.fid.toFixed(4)} at ${best.step}`),
    );
  }

  /** At the end of a run: the FID of its best checkpoint, with the settings `eval.fid.final_*`. */
  async finish(done: number, scores: ScoreOptions): Promise<void> {
    const record = this.#record;
    const drawing = finalDrawing(this.subject.config);
    if (!record || !drawing) return;
    const kind = scoreKind(this.subject, drawing);
    const entry = ({ step, fid }: FidScore): LogEntry => (
      { step: done, best_step: step, final_fid: fid, fid_n_samples: drawing.n }
    );
    if (record.final?.kind === kind) {
      return await this.#logOnce("final_fid", entry(record.final), scores);
    }
    const { step } = record.best;
    const fid = await this.#fidOf(step, drawing, scores.signal);
    if (fid === null) return;
    this.#record = { ...record, final: { step, fid, kind } };
    await writeBest(this.subject.config.workdir, this.#record);
    scores.log(entry({ step, fid }));
    this.callbacks.note(
      `final FID, of the best checkpoint (step ${step}): ${fid.toFixed(4)} (${kind})`,
    );
  }

  #entryOf({ step, fid }: FidScore): LogEntry {
    return { step, fid, fid_n_samples: this.#usual.n };
  }

  /** Logs a score that is recorded, unless the log has a value of that name at that step. */
  async #logOnce(name: string, entry: LogEntry, { log }: ScoreOptions): Promise<void> {
    const file = join(this.subject.config.workdir, "log.jsonl");
    if (!await isLogged(file, entry.step, name)) log(entry);
  }

  get #usual(): FidDrawing {
    return usualDrawing(this.subject.config);
  }

  /** The FID; null where the signal ended it, or the images are not finite. */
  async #fidOf(step: number, drawing: FidDrawing, signal?: AbortSignal): Promise<number | null> {
    try {
      return await checkpointFid(this.subject, step, drawing, {
        note: this.callbacks.note,
        onProgress: (done, total) => this.callbacks.onProgress(`FID at step ${step}`, done, total),
        signal,
      });
    } catch (error) {
      if (signal?.aborted) return null;
      if (!(error instanceof NotFiniteError)) throw error;
      this.callbacks.note(`no FID at step ${step}: ${error.message}`);
      return null;
    }
  }
}
