/** A message of the protocol, as far as it is used here. */
export interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Is called with each event. */
export type Listener = (message: Message) => void;

/** A connection to a browser by its DevTools protocol: calls, their answers, and events. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Listener>();
  readonly #listeners: Listener[] = [];
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message: Message = JSON.parse(data);
      if (message.id === undefined) return this.#listeners.forEach((listen) => listen(message));
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
    };
    socket.onclose = () => {
      const error = { message: "the browser has ended" };
      this.#waiting.forEach((answer) => answer({ error }));
    };
  }

  static async open(address: string): Promise<Connection> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new Connection(socket);
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  async call(
    method: string,
    params: Record<string, unknown> = {},
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    const id = ++this.#id;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.addEventListener("close", resolve));
    this.#socket.close();
    await closed;
  }
}
