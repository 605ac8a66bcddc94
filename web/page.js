// The page's program: a guest's token buys a ticket, the ticket opens a socket, and answers come by it.
// What the shop says is only ever put into the page as text, never as HTML.

import { Kept } from "./kept.js";
import { Till, fromTheBank, isHeard, made } from "./till.js";

const ANSWER_WITHIN_MS = 40_000;
const FRESH_FOR_MS = 30_000; // a token that ends sooner is not used for another ticket

const at = (id) => document.getElementById(id);

class Refused extends Error {
  constructor(message, name = "") {
    super(message);
    this.refusal = name;
  }
}

/** One shop's line: it opens when something is asked, and again after it has closed. */
class Line {
  #api;
  #shop;
  #kept;
  #token = null;
  #tokenEnds = 0;
  #socket = null;
  #waiting = new Map();
  #asked = 0;

  constructor(api, shop, kept) {
    this.#api = api;
    this.#shop = shop;
    this.#kept = kept;
  }

  /** Send a question; `heard` gets each event once and in order. It resolves with the last one. */
  async ask(message, sessionId, heard) {
    const socket = await this.#open().catch((failure) => void console.warn(failure));
    if (!socket) return this.#askWithoutLine(message, sessionId, heard);
    const id = `q${++this.#asked}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end(id, new Refused("No answer came. Please ask again.")), ANSWER_WITHIN_MS);
      this.#waiting.set(id, { heard, resolve, reject, timer, next: 0 });
      socket.send(JSON.stringify({ action: "ask", id, message, ...(sessionId ? { session_id: sessionId } : {}) }));
    });
  }

  /** Anything else that this visitor asks of the shop. */
  async call(method, path, body = null, headers = {}) {
    try {
      return await this.#send(method, path, body, await this.#signedIn(), headers);
    } catch (failure) {
      if (failure.refusal !== "NotSignedIn") throw failure;
      this.#tokenEnds = 0; // it ended sooner than it said: renewed, the same may be asked once more
      return this.#send(method, path, body, await this.#signedIn(), headers);
    }
  }

  close() {
    this.#socket?.close();
    this.#socket = null;
  }

  /** While no line can be opened an answer still comes, in one piece. */
  async #askWithoutLine(message, sessionId, heard) {
    const asked = { message, ...(sessionId ? { session_id: sessionId } : {}) };
    const done = await this.call("POST", "/v1/chat", asked);
    heard({ event: "done", ...done });
    return done;
  }

  async #open() {
    if (this.#socket?.readyState === WebSocket.OPEN) return this.#socket;
    const { url } = await this.call("POST", "/v1/chat/tickets");
    this.#socket = await new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.onopen = () => resolve(socket);
      socket.onerror = () => reject(new Refused("The shop cannot be reached. Please try again."));
    });
    this.#socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
    this.#socket.onclose = () => {
      for (const id of [...this.#waiting.keys()]) this.#end(id, new Refused("The line was closed. Please ask again."));
    };
    return this.#socket;
  }

  async #signedIn() {
    if (!this.#isFresh) await this.#kept.alone(() => this.#isFresh || this.#comeIn());
    return this.#token;
  }

  get #isFresh() {
    return Date.now() <= this.#tokenEnds - FRESH_FOR_MS;
  }

  /** As who they were, if this browser knows that; else as somebody new. */
  async #comeIn() {
    const guest = this.#kept.renewal ? await this.#renewed() : await this.#guest();
    this.#kept.put({ renewal: guest.renewal });
    this.#token = guest.access_token;
    this.#tokenEnds = Date.now() + guest.expires_in * 1000;
  }

  async #renewed() {
    try {
      return await this.#guest(this.#kept.renewal);
    } catch (failure) {
      if (failure.refusal !== "RenewalRefused") throw failure;
      this.#kept.forget();
      at("status").textContent = "The shop does not know this visit any more: you begin anew, with an empty cart.";
      return this.#guest();
    }
  }

  #guest(renewal = null) {
    return this.#send("POST", "/v1/guests", { widget_key: this.#shop.widget_key, ...(renewal ? { renewal } : {}) });
  }

  async #send(method, path, body, token = null, more = {}) {
    const kind = body ? { "content-type": "application/json" } : {};
    const answer = await fetch(this.#api + path, {
      method,
      headers: { ...kind, ...(token ? { authorization: `Bearer ${token}` } : {}), ...more },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(told.message ?? "The shop cannot be reached. Please try again.", told.error);
    return told;
  }

  #hear(event) {
    const waits = this.#waiting.get(event.message_id);
    if (!waits || event.seq < waits.next) return; // one that was sent twice
    waits.next = event.seq + 1;
    waits.heard(event);
    if (event.event === "done") this.#end(event.message_id, null, event);
    if (event.event === "error") this.#end(event.message_id, new Refused(event.message));
    if (event.event === "error" && event.error === "NotSignedIn") this.#tokenEnds = 0;
  }

  #end(id, failure, event) {
    const waits = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waits?.timer);
    if (failure) waits?.reject(failure);
    else waits?.resolve(event);
  }
}

/** One answer on the page, which grows while its events come. */
class Answer {
  #text = "";
  #citations = [];
  #words = made("p", "", "answer");
  #cards = made("ul", "", "cards");
  #sources = made("ul", "", "sources");
  #till;
  element = made("article");

  constructor(till) {
    this.#till = till;
    this.#cards.setAttribute("aria-label", "Products");
    this.#sources.setAttribute("aria-label", "Sources");
    this.#cards.hidden = this.#sources.hidden = true;
    this.element.setAttribute("aria-busy", "true");
    this.element.append(made("h2", "The shop"), this.#words, this.#cards, this.#sources);
  }

  hear(event) {
    if (event.event === "sources") this.#cite(event.citations);
    if (event.event === "products") this.#show(event.facts);
    if (event.event === "delta") this.#say(this.#text + event.text);
    if (event.event === "done") this.#finish(event);
  }

  fail(message) {
    this.element.removeAttribute("aria-busy");
    this.element.append(made("p", message, "wrong"));
  }

  #say(text) {
    this.#text = text;
    this.#words.replaceChildren(
      ...text.split(/(\[\d+\])/).map((part) => {
        const ref = part.match(/^\[(\d+)\]$/);
        const citation = ref && this.#citations.find((one) => one.ref === Number(ref[1]));
        return citation ? openerOf(citation, ref[1], "ref") : document.createTextNode(part);
      }),
    );
  }

  #cite(citations) {
    this.#citations = citations;
    this.#sources.hidden = citations.length === 0;
    this.#sources.replaceChildren(
      ...citations.map((one) => {
        const item = made("li");
        item.append(openerOf(one, `${one.ref} ${one.title}`, ""));
        return item;
      }),
    );
  }

  #show(facts) {
    const products = Map.groupBy(facts, (one) => one.product_id);
    this.#cards.hidden = products.size === 0;
    this.#cards.replaceChildren(...[...products].map(([id, told]) => card(id, told, this.#till)));
  }

  #finish(done) {
    this.#cite(done.citations);
    this.#show(done.facts);
    this.#say(done.answer);
    this.element.removeAttribute("aria-busy");
    if (done.notes.length) {
      const notes = made("ul", "", "notes");
      notes.append(...done.notes.map((one) => made("li", one)));
      this.element.append(notes);
    }
    this.element.append(made("p", figures(done), "clocks"));
  }
}

function openerOf(citation, text, className) {
  const opener = made("button", text, className);
  opener.type = "button";
  opener.setAttribute("aria-label", `Source ${citation.ref}: ${citation.title}`);
  opener.setAttribute("aria-haspopup", "dialog");
  opener.addEventListener("click", () => openPassage(citation));
  return opener;
}

function place(citation) {
  if (/^https?:\/\//.test(citation.source_uri)) {
    // A source beside the shop's own files: it opens where it stands.
    const link = made("a", citation.source_uri);
    Object.assign(link, { href: citation.source_uri, target: "_blank", rel: "noopener noreferrer" });
    return link;
  }
  const file = citation.source_uri.split("/").slice(2).join("/") || citation.source_uri;
  return `${file}, characters ${citation.start} to ${citation.end}, version ${citation.version}`;
}

function openPassage(citation) {
  at("passage-title").textContent = `${citation.ref}. ${citation.title}`;
  at("passage-section").textContent = citation.section;
  at("passage-quote").textContent = citation.quote;
  at("passage-place").replaceChildren(place(citation));
  at("passage").showModal(); // the browser gives the focus back to the opener afterwards
}

function card(id, facts, till) {
  const item = made("li", "", "card");
  const named = facts.find((one) => one.name === "title" || one.name === "name");
  const list = made("dl");
  for (const fact of facts.filter((one) => one !== named)) {
    const name = fact.sku ? `${fact.name} (${fact.sku})` : fact.name;
    list.append(made("dt", name.replaceAll("_", " ")), made("dd", fact.unit ? `${fact.value} ${fact.unit}` : fact.value));
  }
  const name = named?.value ?? id;
  const take = made("button", "Add to cart", "take");
  take.type = "button";
  take.setAttribute("aria-label", `Add ${name} to the cart`);
  take.setAttribute("aria-haspopup", "dialog");
  take.addEventListener("click", () => till.add(id));
  item.append(made("h3", name), list, take);
  return item;
}

function figures(done) {
  const { first_useful_ms, first_token_ms, done_ms } = done.clocks;
  const clocks = [["sources", first_useful_ms], ["first words", first_token_ms], ["done", done_ms]]
    .filter(([, ms]) => ms !== null)
    .map(([name, ms]) => `${name} ${Math.round(ms)} ms`);
  const cost = done.cost === undefined || done.cost === null ? [] : [`cost ${costOf(done.cost)}`];
  return [...clocks, `cache ${done.cache}`, `confidence ${Math.round(done.confidence * 100)} %`, ...cost].join(" · ");
}

function costOf(cost) {
  return typeof cost === "object" ? `${cost.amount} ${cost.currency}` : `${cost} USD`;
}

/** The page itself. */
class Page {
  #line = null;
  #session = null;
  #till = null;
  #shops;
  #api;

  /** `back`: what a bank has sent its shopper back with, to whom no window listens any more. */
  constructor({ api, shops }, back = null) {
    this.#api = api;
    this.#shops = shops;
    at("shop").append(...shops.map((shop) => new Option(shop.name, shop.widget_key)));
    at("choice").hidden = shops.length < 2;
    at("shop").addEventListener("change", () => this.#enter());
    at("ask").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask(at("message").value.trim());
    });
    at("message").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        at("ask").requestSubmit();
      }
    });
    const bought = back && shops.find((shop) => new Kept(shop.widget_key).order?.back === back.back);
    if (bought) at("shop").value = bought.widget_key;
    this.#enter();
    if (bought) this.#till.goOn(back);
    else if (back) at("status").textContent = "Your bank has sent you back, and this browser does not know the order.";
  }

  #enter() {
    this.#line?.close();
    this.#session = null;
    const shop = this.#shops.find((one) => one.widget_key === at("shop").value);
    const kept = new Kept(shop.widget_key);
    const line = new Line(this.#api, shop, kept);
    this.#line = line;
    this.#till = new Till((...asked) => line.call(...asked), shop.instruments ?? [], kept);
    at("shop-name").textContent = `Ask ${shop.name}`;
    document.title = `Ask ${shop.name}`;
    at("conversation").replaceChildren(at("welcome"));
    at("status").textContent = "";
    at("message").focus();
  }

  async #ask(message) {
    if (!message || at("send").disabled) return;
    const line = this.#line;
    const mine = made("article", "", "mine");
    mine.append(made("h2", "You"), made("p", message));
    const answer = new Answer(this.#till);
    at("conversation").append(mine, answer.element);
    at("message").value = "";
    at("send").disabled = true;
    at("status").textContent = "The shop is looking it up.";
    try {
      const done = await line.ask(message, this.#session, (event) => {
        answer.hear(event);
        answer.element.scrollIntoView({ block: "end" });
      });
      if (line === this.#line) {
        this.#session = done.session_id;
        at("status").textContent = `The shop says: ${done.answer.replace(/ ?\[\d+\]/g, "")}`; // once, and whole, for who listens
      }
    } catch (failure) {
      if (!(failure instanceof Refused)) console.error(failure);
      answer.fail(failure instanceof Refused ? failure.message : "The shop cannot be reached. Please try again.");
      at("status").textContent = "There is no answer.";
    } finally {
      at("send").disabled = false;
      answer.element.scrollIntoView({ block: "end" });
      at("message").focus();
    }
  }
}

try {
  const back = fromTheBank();
  if (!back || !(await isHeard(back))) {
    const answer = await fetch("config.json", { cache: "no-cache" });
    if (!answer.ok) throw new Refused();
    new Page(await answer.json(), back);
  }
} catch {
  at("status").textContent = "The page has not been told where its shop is: publish it again.";
  at("send").disabled = true;
}
