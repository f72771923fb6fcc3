// Requests to the sandbox and its live updates, all on this machine.

const FIRST_RETRY = 400;
const LAST_RETRY = 8000; // milliseconds between tries

/** Do something; resolves to {error: code} or the answer. */
export async function act(name, body) {
  return request(`api/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** Read something. */
export async function read(name, query = {}) {
  return request(`api/${name}?${new URLSearchParams(query)}`);
}

export const fileAddress = (id, person) => `api/files/${encodeURIComponent(id)}?person=${person}`;

async function request(address, options) {
  try {
    const answer = await fetch(address, { cache: "no-store", ...options });
    const data = await answer.json();
    return answer.ok ? (data ?? {}) : { error: data?.error ?? "other" };
  } catch {
    return { error: "network" };
  }
}

/** The live connection: `resume()` gives {after, run}; what arrives goes to `take`; it reconnects by itself. */
export class Live {
  constructor({ resume, take, changed }) {
    this.resume = resume;
    this.take = take;
    this.changed = changed;
    this.delay = FIRST_RETRY;
    this.person = null;
  }

  open() {
    const address = new URL("api/live", document.baseURI);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    address.search = new URLSearchParams(this.resume());
    this.socket = new WebSocket(address);
    this.socket.addEventListener("open", () => {
      this.delay = FIRST_RETRY;
      this.changed(true);
      this.#tellPerson();
    });
    this.socket.addEventListener("message", (event) => this.take(JSON.parse(event.data)));
    this.socket.addEventListener("close", () => {
      this.changed(false);
      setTimeout(() => this.open(), this.delay);
      this.delay = Math.min(this.delay * 2, LAST_RETRY);
    });
  }

  /** Whose memory to tell. */
  be(person) {
    this.person = person;
    this.#tellPerson();
  }

  #tellPerson() {
    if (this.person !== null && this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ person: this.person }));
    }
  }
}
