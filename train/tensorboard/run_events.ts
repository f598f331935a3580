import { join } from "node:path";
import { leaves } from "../config/leaves.ts";
import { exists, renameDurably, writeDurably } from "../files/durable.ts";
import { jsonLines } from "../files/json_lines.ts";
import { sampleFile, sampleSteps } from "../files/sample_files.ts";
import {
  hyperparametersEvent,
  imageEvent,
  type Moment,
  scalarsEvent,
  startEvent,
  versionEvent,
} from "./event.ts";
import { eventFiles, lastStep, nextEventFile } from "./event_files.ts";
import { encodeRecord } from "./record.ts";
import { RunClock } from "./run_clock.ts";
import { runTags } from "./run_tags.ts";

/** A run whose files events are made of. */
export interface LoggedRun {
  /** The folder with `log.jsonl` and, where there are, `probes.jsonl` and `samples`. */
  readonly workdir: string;
  /** Its settings, as in `config.json`; of any version of this program. */
  readonly config: unknown;
}

/** What of a run is written. */
export interface RunEventsOptions {
  /** Steps that the run has done: later lines of its files are not its own any more. */
  readonly step: number;
  /** The folder of the event file; default the run's. */
  readonly folder?: string;
}

/**
 * A run's numbers, images and settings for TensorBoard: an event file in its folder. A run that goes
 * on gets one file more, which voids the later steps of those before and begins with what they lack.
 */
export class RunEvents implements Disposable {
  readonly #handle: Deno.FsFile;

  private constructor(
    /** The event file. */
    readonly file: string,
    private readonly workdir: string,
    handle: Deno.FsFile,
  ) {
    this.#handle = handle;
  }

  /** Writes what the run has logged so far, if earlier event files lack it; more may follow. */
  static async open(
    run: LoggedRun,
    { step, folder = run.workdir }: RunEventsOptions,
  ): Promise<RunEvents> {
    const existing = await eventFiles(folder);
    const latest = existing.at(-1);
    const known = latest === undefined ? 0 : Math.min(lastStep(latest), step);
    const file = nextEventFile(folder, existing);
    // Under its name only when it is whole: its last step says what it has.
    const saving = join(folder, ".saving-tensorboard");
    if (await exists(saving)) await Deno.remove(saving);
    await writeDurably(saving, records(run, { after: known, step }));
    await renameDurably(saving, file);
    return new RunEvents(file, run.workdir, await Deno.open(file, { append: true }));
  }

  /** Takes a line of the run's log or of its probes. */
  scalars(entry: Readonly<Record<string, unknown>>): void {
    const step = Number(entry.step);
    const tags = runTags(entry);
    if (tags.length > 0) this.#append(scalarsEvent({ step, wall_time: now() }, tags));
  }

  /** Takes the grid of images that was drawn after `step` steps. */
  async image(step: number): Promise<void> {
    const png = await Deno.readFile(sampleFile(this.workdir, step));
    this.#append(gridEvent({ step, wall_time: now() }, png));
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#handle.close();
  }

  #append(event: Uint8Array): void {
    const bytes = encodeRecord(event);
    for (let at = 0; at < bytes.length;) at += this.#handle.writeSync(bytes.subarray(at));
  }
}

/** The first records of a file, many at a time: its head, then what was logged after `after`. */
async function* records(
  { workdir, config }: LoggedRun,
  { after, step: end }: { after: number; step: number },
): AsyncGenerator<Uint8Array> {
  const wall_time = now();
  yield joined([
    versionEvent(wall_time),
    startEvent({ step: after + 1, wall_time }),
    hyperparametersEvent({ step: after, wall_time }, leaves(config)),
  ]);
  const log = join(workdir, "log.jsonl");
  if (after >= end || !await exists(log)) return;
  const clock = await RunClock.of(log);
  const isNew = (step: unknown): step is number =>
    typeof step === "number" && step > after && step <= end;
  for (const file of [log, join(workdir, "probes.jsonl")]) {
    if (!await exists(file)) continue;
    for await (const lines of jsonLines(file)) {
      yield joined(lines.flatMap((entry) => {
        const { step } = entry;
        const tags = isNew(step) ? runTags(entry) : [];
        if (!isNew(step) || tags.length === 0) return [];
        return [scalarsEvent({ step, wall_time: clock.at(step) }, tags)];
      }));
    }
  }
  for (const step of (await sampleSteps(workdir)).filter(isNew)) {
    const png = await Deno.readFile(sampleFile(workdir, step));
    yield joined([gridEvent({ step, wall_time: clock.at(step) }, png)]);
  }
}

/** The records of events, one behind the other. */
function joined(events: readonly Uint8Array[]): Uint8Array {
  const records = events.map(encodeRecord);
  const all = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const record of records) {
    all.set(record, at);
    at += record.length;
  }
  return all;
}

function gridEvent(moment: Moment, png: Uint8Array): Uint8Array {
  // The header that every PNG begins with has the size at these places.
  const view = new DataView(png.buffer, png.byteOffset, 24);
  return imageEvent(moment, "samples", {
    png,
    width: view.getUint32(16),
    height: view.getUint32(20),
  });
}

function now(): number {
  return Date.now() / 1000;
}
