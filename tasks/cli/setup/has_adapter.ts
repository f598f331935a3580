const program = `postMessage((await navigator.gpu.requestAdapter()) !== null); close();`;

/**
 * Says whether WebGPU finds an adapter. It asks in a worker: a thread looks for drivers once and
 * keeps the answer, so that a driver installed later would stay unseen where "none" was heard.
 */
export function hasAdapter(): Promise<boolean> {
  return new Promise((resolve) => {
    const url = `data:text/javascript,${encodeURIComponent(program)}`;
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = (event: MessageEvent<boolean>) => resolve(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(false);
    };
  });
}
