// What this browser keeps of a visitor, so that they are the same person when they come back: for each shop the renewal
// of their token, and the order that is being worked on. The cart and the orders themselves are kept by the shop.

const PREFIX = "visitor of ";

/** What is kept of one shop's visitor. A browser that keeps nothing has a visitor who begins anew with each page. */
export class Kept {
  #name;
  #here = {};

  constructor(widgetKey) {
    this.#name = PREFIX + widgetKey;
  }

  get renewal() {
    return this.#all().renewal ?? null;
  }

  /** The order that is being worked on, and the mark by which its bank's answer is known: {id, back}. */
  get order() {
    return this.#all().order ?? null;
  }

  put(changed) {
    this.#here = { ...this.#all(), ...changed };
    try {
      localStorage.setItem(this.#name, JSON.stringify(this.#here));
    } catch (failure) {
      console.warn(failure);
    }
  }

  forget() {
    this.#here = {};
    try {
      localStorage.removeItem(this.#name);
    } catch (failure) {
      console.warn(failure);
    }
  }

  /** One window at a time: a renewal is good for one exchange. */
  alone(deed) {
    return navigator.locks ? navigator.locks.request(this.#name, deed) : deed();
  }

  #all() {
    try {
      return JSON.parse(localStorage.getItem(this.#name) ?? "null") ?? this.#here;
    } catch (failure) {
      console.warn(failure);
      return this.#here;
    }
  }
}
