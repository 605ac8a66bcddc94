// The shop's till: the cart, the full terms of buying it, the shopper's own word to them, and what becomes of the order.
// It knows no card: what is paid with is one of the gateway's test instruments, or a token of the gateway's own form.

const LOOK_EVERY_MS = 1_000;
const HEARD_WITHIN_MS = 1_500; // by the window where the order was begun, if it is still open
const SETTLED = new Set(["paid", "cancelled", "refunded"]);
const WORDS = {
  processing: "Your order is being worked on.",
  pending: "Your payment is being looked at.",
  action_needed: "Your bank asks whether it is you who is paying.",
  placed: "Your order is placed, and the payment is being taken.",
  paid: "Paid. Thank you for your order!",
  cancelling: "Your payment is being undone.",
  cancelled: "This order came to nothing.",
  refunding: "", // the shop says how much, and when
  refunded: "",
};
const TROUBLE = {
  not_sold: "no longer sold",
  no_price: "has no price at the moment",
  out_of_stock: "sold out",
  too_few_left: "there are not so many left",
};

const at = (id) => document.getElementById(id);

export function made(tag, text = "", className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function button(text, act, className = "") {
  const one = made("button", text, className);
  one.type = "button";
  one.addEventListener("click", act);
  return one;
}

/** An amount of minor units, as a person reads it. */
export function money(minor, currency) {
  if (!currency) return String(minor);
  const style = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "code" });
  return style.format(minor / 10 ** style.resolvedOptions().maximumFractionDigits).replace(/\s/g, " ");
}

/** What a bank has sent its shopper back to this window with: {back, proof}, or null. It leaves the address. */
export function fromTheBank() {
  const proof = Object.fromEntries(new URLSearchParams(location.search));
  const { back } = proof;
  if (!back) return null;
  delete proof.back;
  history.replaceState(null, "", location.pathname);
  return { back, proof };
}

/** Hand it to the window where the order was begun. If that one is still open, this one has done its work. */
export async function isHeard({ back, proof }) {
  const channel = new BroadcastChannel("till");
  const heard = await new Promise((resolve) => {
    channel.onmessage = ({ data }) => data.heard === back && resolve(true);
    channel.postMessage({ back, proof });
    setTimeout(() => resolve(false), HEARD_WITHIN_MS);
  });
  channel.close();
  if (!heard) return false;
  at("cart-open").hidden = true;
  document.querySelector("main").replaceChildren(
    made("p", "Your bank has sent you back. You can close this window: your order goes on where you began it."),
  );
  return true;
}

/** One shop's till. `call` asks the shop's API as this shopper; `instruments` are what may be paid with here; `kept` is
 * what this browser keeps of the shopper. */
export class Till {
  #call;
  #instruments;
  #kept;
  #order = null; // the one that is being worked on
  #turns = 0; // what came back for an earlier step is not shown

  constructor(call, instruments, kept) {
    this.#call = call;
    this.#instruments = instruments;
    this.#kept = kept;
    at("cart-open").onclick = () => this.open();
    at("cart-open").textContent = kept.order ? "Your order" : "Cart";
    if (kept.order) this.#work(kept.order);
  }

  /** An order of before, with what its bank has sent the shopper back with. */
  goOn({ proof }) {
    this.open();
    this.#prove(this.#order.id, proof);
  }

  /** Put one more of a product into the cart; which one, the shopper says where there are several. */
  async add(productId) {
    const turn = this.#begin("Cart", "Putting it into the cart.");
    await this.#trying(turn, async () => {
      const product = await this.#call("GET", `/v1/products/${encodeURIComponent(productId)}`);
      const { variants } = product;
      if (variants.length === 1) return this.#take(variants[0].sku);
      const choices = made("ul", "", "plain");
      for (const one of variants) {
        const item = made("li");
        const price = one.sale_price ?? one.price;
        const shown = price ? `${one.title}, ${money(price.amount, price.currency)}` : one.title;
        item.append(button(shown, () => this.#trying(turn, () => this.#take(one.sku))));
        choices.append(item);
      }
      return this.#show(turn, "Which one?", "", made("p", product.title), choices);
    });
  }

  /** The order that is being worked on, or else the cart. */
  async open() {
    if (this.#order) return this.#follow(this.#begin("Your order", ""));
    const turn = this.#begin("Cart", "Looking into the cart.");
    return this.#trying(turn, async () => this.#showCart(turn, await this.#call("GET", "/v1/cart")));
  }

  async #take(sku) {
    const turn = ++this.#turns;
    const cart = await this.#call("GET", "/v1/cart");
    const had = cart.lines.find((line) => line.sku === sku)?.quantity ?? 0;
    this.#showCart(turn, await this.#put(sku, had + 1), "It is in the cart.");
  }

  #put(sku, quantity) {
    const line = `/v1/cart/lines/${encodeURIComponent(sku)}`;
    return quantity > 0 ? this.#call("PUT", line, { quantity }) : this.#call("DELETE", line);
  }

  #showCart(turn, cart, status = "") {
    this.#count(cart);
    if (!cart.lines.length) {
      return this.#show(turn, "Cart", status, made("p", "There is nothing in the cart."), this.#visitor(turn));
    }
    const lines = made("ul", "", "plain");
    for (const line of cart.lines) {
      const item = made("li", "", "line");
      const name = line.title ?? line.sku;
      const price = line.total ? money(line.total.amount, line.total.currency) : "";
      const paidFor = (cart.left_out ?? []).filter((one) => one.sku === line.sku);
      const words = [
        `${line.quantity} × ${name}`,
        price,
        TROUBLE[line.trouble] ?? "",
        ...paidFor.map((one) => `${one.quantity} being paid for in order ${one.order_id}`),
      ]
        .filter(Boolean)
        .join(", ");
      const away = button("Remove", () =>
        this.#trying(turn, async () => this.#showCart(++this.#turns, await this.#put(line.sku, 0), `${name} is removed.`)),
      );
      away.setAttribute("aria-label", `Remove ${name}`);
      item.append(made("span", words), away);
      lines.append(item);
    }
    const total = cart.total ? [made("p", `Goods ${money(cart.total.amount, cart.total.currency)}`, "sum")] : [];
    return this.#show(turn, "Cart", status, lines, ...total, this.#payment(turn), this.#visitor(turn));
  }

  /** How many articles there are to buy; what is being paid for is not one of them. */
  #count(cart) {
    const sum = (some) => some.reduce((many, one) => many + one.quantity, 0);
    const count = sum(cart.lines) - sum(cart.left_out ?? []);
    at("cart-open").textContent = count ? `Cart (${count})` : "Cart";
  }

  /** What else is kept of this visitor, and how it is forgotten. */
  #visitor(turn) {
    const place = made("p");
    place.append(
      button("Your orders", () => this.#trying(turn, () => this.#orders()), "quiet"),
      document.createTextNode(" "),
      button("Forget me on this device", () => this.#trying(turn, () => this.#leave()), "quiet"),
    );
    return place;
  }

  async #orders() {
    const turn = ++this.#turns;
    const { orders } = await this.#call("GET", "/v1/orders?limit=10");
    const list = made("ul", "", "plain");
    for (const order of orders) {
      const item = made("li");
      const words = [
        new Date(order.created_at).toLocaleString(),
        money(order.total_minor, order.currency),
        order.status.replaceAll("_", " "),
      ].join(", ");
      item.append(button(words, () => this.#showOrder(++this.#turns, order), "quiet"));
      list.append(item);
    }
    const what = orders.length ? list : made("p", "You have ordered nothing yet.");
    this.#show(turn, "Your orders", "", what, button("Back to the cart", () => this.open(), "quiet"));
  }

  /** No token and no renewal of this visitor is good for anything any more. */
  async #leave() {
    await this.#call("POST", "/v1/sign-out");
    this.#kept.forget();
    location.reload();
  }

  #payment(turn) {
    if (!this.#instruments.length) return made("p", "This page takes no payments for this shop.", "hint");
    const form = made("form", "", "pay");
    const choice = made("fieldset");
    choice.append(made("legend", "Pay with (the gateway's test instruments: no money moves)"));
    this.#instruments.forEach((one, index) => {
      const label = made("label");
      const radio = document.createElement("input");
      Object.assign(radio, { type: "radio", name: "instrument", value: String(index), required: true });
      label.append(radio, made("span", one.name));
      choice.append(label);
    });
    const next = made("button", "Check out: see the full terms");
    next.id = "check-out";
    form.append(choice, next);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const paidWith = this.#instruments[Number(new FormData(form).get("instrument"))];
      at("till-status").textContent = "Asking for the terms.";
      this.#trying(turn, () => this.#quote(paidWith));
    });
    return form;
  }

  async #quote(paidWith) {
    const turn = ++this.#turns;
    const { quote, quote_hash, signature } = await this.#call("POST", "/v1/checkout/quote", {
      instrument: paidWith.instrument,
    });
    const amount = (minor) => money(minor, quote.currency);
    const terms = made("dl", "", "terms");
    const row = (name, value) => terms.append(made("dt", name), made("dd", value));
    for (const line of quote.lines) {
      row(`${line.quantity} × ${line.title}`, `${amount(line.total_minor)} (${amount(line.unit_minor)} each)`);
    }
    for (const one of quote.left_out) {
      row(`${one.quantity} × ${one.title}`, `not bought again: it is being paid for in order ${one.order_id}`);
    }
    row("Goods", amount(quote.goods_minor));
    row("Delivery", amount(quote.delivery_minor - quote.surcharge_minor));
    if (quote.surcharge_minor) row("Delivery of bulky goods", amount(quote.surcharge_minor));
    row("Tax, included", amount(quote.tax_minor));
    row("Total", amount(quote.total_minor));
    row("Paid with", paidWith.name);
    row("These terms hold until", new Date(quote.expires_at * 1000).toLocaleTimeString());

    const form = made("form", "", "pay");
    const label = made("label");
    const agreed = document.createElement("input");
    Object.assign(agreed, { type: "checkbox", id: "agreed", required: true, checked: false });
    label.append(agreed, made("span", `I agree to these terms, and to pay ${amount(quote.total_minor)}.`));
    const pay = made("button", `Pay ${amount(quote.total_minor)}`);
    Object.assign(pay, { id: "pay", disabled: true });
    agreed.addEventListener("change", () => (pay.disabled = !agreed.checked));
    form.append(label, pay);

    const back = crypto.randomUUID();
    const request = {
      quote,
      signature,
      consent: { quote_hash, nonce: quote.nonce, agreed: true },
      return_url: `${location.origin}${location.pathname}?back=${back}`,
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!agreed.checked) return;
      pay.disabled = true;
      at("till-status").textContent = "Placing your order.";
      // The same key each time: sent twice, it is one order.
      this.#trying(turn, () => this.#place(request, back)).finally(() => (pay.disabled = !agreed.checked));
    });
    this.#show(turn, "The full terms", "", terms, form, button("Back to the cart", () => this.open(), "quiet"));
  }

  async #place(request, back) {
    const { order_id } = await this.#call("POST", "/v1/checkout", request, { "idempotency-key": back });
    this.#kept.put({ order: { id: order_id, back } });
    this.#work({ id: order_id, back });
    await this.#follow(++this.#turns);
  }

  /** Listen for what the bank of this order says, in whichever window. */
  #work({ id, back }) {
    const channel = new BroadcastChannel("till");
    this.#order = { id, channel };
    channel.onmessage = ({ data }) => {
      if (data.back !== back) return;
      channel.postMessage({ heard: back });
      this.#prove(id, data.proof);
    };
  }

  async #prove(orderId, proof) {
    at("till-status").textContent = "Your bank has answered.";
    await this.#trying(this.#turns, () => this.#call("POST", `/v1/orders/${orderId}/proof`, { proof }));
  }

  /** Look how far the order is until it is settled, as long as the shopper looks on. */
  async #follow(turn) {
    let shown = "";
    while (turn === this.#turns && this.#order && at("till").open) {
      const { id } = this.#order;
      const order = await this.#call("GET", `/v1/orders/${id}`).catch((failure) => failure);
      if (turn !== this.#turns) return;
      if (order.refusal === "OrderUnknown") {
        this.#over(id); // somebody else's: the shop does not know the visitor of then any more
        return this.open();
      }
      if (order.status && order.status !== shown) {
        shown = order.status;
        this.#showOrder(turn, order);
        if (SETTLED.has(order.status)) return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  #showOrder(turn, order) {
    const words = [WORDS[order.status] ?? order.status, order.message].filter(Boolean).join(" ");
    const facts = made("p", `Order ${order.order_id}, ${money(order.total_minor, order.currency)}.`, "hint");
    const more = [];
    if (order.action?.url) {
      const link = made("a", "Answer your bank (in a new window)", "link");
      Object.assign(link, { id: "bank", href: order.action.url, target: "_blank", rel: "noopener noreferrer" });
      more.push(link, made("p", "Until then nothing is taken. If you leave it unanswered, your cart is kept.", "hint"));
    }
    if (SETTLED.has(order.status)) {
      this.#over(order.order_id);
      if (order.status !== "cancelled") more.push(this.#receipt(order.order_id));
      if (order.status !== "paid") more.push(button("Back to the cart", () => this.open()));
    }
    const said = made("p", words, order.status === "cancelled" ? "wrong" : "said");
    said.id = "order-words";
    this.#show(turn, "Your order", words, said, facts, ...more);
  }

  #over(orderId) {
    if (this.#order?.id !== orderId) return;
    this.#order.channel.close();
    this.#order = null;
    this.#kept.put({ order: null });
    at("cart-open").textContent = "Cart";
    this.#call("GET", "/v1/cart")
      .then((cart) => this.#order || this.#count(cart))
      .catch(() => {}); // the button opens the cart without a count, too
  }

  /** Where the receipt will be: it is written a moment after the payment. */
  #receipt(orderId) {
    const place = made("p", "Your receipt is being written.", "hint");
    place.id = "receipt";
    const look = async () => {
      const lent = await this.#call("GET", `/v1/orders/${orderId}/receipt`).catch(() => null);
      if (!lent) return void (at("till").open && setTimeout(look, LOOK_EVERY_MS));
      const links = [["Receipt (a page)", lent.html], ["Receipt (PDF)", lent.pdf]].map(([text, href]) => {
        const link = made("a", text, "link");
        return Object.assign(link, { href, target: "_blank", rel: "noopener noreferrer" });
      });
      place.replaceChildren(links[0], document.createTextNode(" · "), links[1]);
      return void (at("till-status").textContent = "Your receipt is there.");
    };
    look();
    return place;
  }

  #begin(title, status) {
    const turn = ++this.#turns;
    at("till-body").replaceChildren();
    at("till-title").textContent = title;
    at("till-status").textContent = status;
    if (!at("till").open) at("till").showModal(); // the browser gives the focus back afterwards
    return turn;
  }

  #show(turn, title, status, ...content) {
    if (turn !== this.#turns) return;
    at("till-title").textContent = title;
    at("till-body").replaceChildren(...content);
    at("till-status").textContent = status;
    at("till-title").focus(); // a new step is read out from its title on
  }

  async #trying(turn, deed) {
    try {
      await deed();
    } catch (failure) {
      if (turn <= this.#turns) at("till-status").textContent = failure.message;
    }
  }
}
