"""Presses Stop while a notebook trains, and prints what is left as JSON."""
import json
import queue
import re
import sys
import time

from jupyter_client.manager import KernelManager

manager = KernelManager(kernel_name="deno")
manager.start_kernel(cwd=sys.argv[1])
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=180)


def run(code, on_message=lambda message: None, seconds=300):
    """Runs a cell to its end; the messages that it caused, or None where the kernel died."""
    cell = client.execute(code)
    messages, end = [], time.time() + seconds
    while time.time() < end:
        try:
            message = client.get_iopub_msg(timeout=0.5)
        except queue.Empty:
            if not manager.is_alive():
                return None
            continue
        if message["parent_header"].get("msg_id") != cell:
            continue
        messages.append(message)
        if message["msg_type"] == "error":
            raise SystemExit(message["content"]["evalue"])
        on_message(message)
        if message["content"].get("execution_state") == "idle":
            return messages
    raise SystemExit("a cell did not end")


def html(message):
    return message["content"].get("data", {}).get("text/html", "")


pressed = []


def press_stop(message):
    if len(pressed) < 2 and re.search(r"step \d+ of", html(message)):
        pressed.append(time.time())
        manager.interrupt_kernel()


SET_UP = """
import { configure, Device, shapes } from "@scalelong/scalelong";
import { trainInNotebook } from "@scalelong/scalelong/notebook";
const device = await Device.open();
const dataset = shapes({ image_size: 12, n: 64, seed: 0 });
const config = (n_steps) => configure("quickstart", {
  nnet: { embed_dim: 32, depth: 2, num_heads: 2 },
  train: { n_steps, batch_size: 8, eval_interval: 4, save_interval: 1000 },
  sample: { n_samples: 4, sample_steps: 2 },
}, dataset);
let kept = 41;
"""
TRAIN = "let checkpoint = await trainInNotebook(device, config(1_000_000), dataset);"
GO_ON = """
kept++;
const stopped_at = checkpoint.step;
checkpoint = await trainInNotebook(device, config(stopped_at + 3), dataset, { checkpoint });
// Results and what is logged are sent on their own, sometimes too late; what is displayed is waited for.
await Deno.jupyter.display({
  "application/json": { kept, stopped_at, step: checkpoint.step },
}, { raw: true });
"""
try:
    run(SET_UP)
    training = run(TRAIN, press_stop)
    result = {"alive": manager.is_alive(), "presses": len(pressed)}
    if training is not None:
        displays = [m for m in training if m["msg_type"].endswith("display_data")]
        result["first"] = displays[0]["msg_type"]
        result["others"] = sorted({m["msg_type"] for m in displays[1:]})
        result["ids"] = len({m["content"]["transient"]["display_id"] for m in displays})
        result["last"] = html(displays[-1])
        shown = [m["content"]["data"] for m in run(GO_ON) if m["msg_type"] == "display_data"]
        result["after"] = shown[-1]["application/json"]
    json.dump(result, sys.stdout)
finally:
    manager.shutdown_kernel(now=True)
