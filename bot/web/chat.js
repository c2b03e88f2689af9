// The full-page chat. Nothing is stored: token and words live in this page's memory and go with it.
// Bot text reaches the page as text nodes only; telephone numbers and https addresses in it become links.

const SLOW_NOTE_MS = 700;
const SLOW_HELP_MS = 10_000;
const GIVE_UP_MS = 30_000;
const SHIFT_WINDOW_MS = 5_000;
const URGENT_SPOKEN_MS = 15_000;
const LONGEST_TEXT = 20_000;

const STRINGS = {
  you: "You: ",
  bot: "Chatbot: ",
  urgent: "Important",
  newTab: " (opens in a new tab)",
  pick: "You can choose an answer below: ",
  writing: "Writing a reply…",
  starting: "Starting the chat…",
  loading: "Loading.",
  again: "Send again",
  startAgain: "Start a new chat",
  tryAgain: "Try again",
  shift: ["", "Press Shift 1 more time to leave this page.", "Press Shift 2 more times to leave this page."],
  trouble: {
    offline: "Your message could not be sent. You may have lost your connection. Your words are still in the box.",
    slow: "This is taking longer than it should. You do not have to wait for me.",
    ended: "This chat has ended, so what you said before is gone from it. You can start a new one. Your words are still in the box.",
    long: "That message is too long to send in one go. You could cut it and send it in parts. Your words are still in the box.",
    busy: "That was a lot of messages at once. Please wait a few seconds, then send it again. Your words are still in the box.",
    broken: "Something went wrong here and I could not answer. Your words are still in the box.",
    empty: "I could not find an answer to that. You could try other words.",
    start: "The chat could not be started.",
  },
};

/** @typedef {{text: string, buttons: {title: string, payload: string}[], urgent: boolean}} Message */
/** @typedef {{n: number, body: {text?: string, payload?: string}, label: string}} Outgoing */

const byId = (id) => document.getElementById(id);
const [main, intro, chat, log, replies, status, trouble, urgent, form, box, start, end, send, exit] = [
  "main", "intro", "chat", "log", "replies", "status", "trouble", "urgent", "form", "box", "start", "end", "send", "exit",
].map(byId);
const help = byId("help").content;

let token = "";
let answered = 0;
/** The message whose fate is unknown; asked for again under the same number. @type {Outgoing | null} */
let pending = null;
let busy = false;
/** Counts wipes: what was asked before one must not show after it. */
let wipes = 0;
let flight = new AbortController();

// ---- the network

/** A reply, or the kind of trouble there was. @returns {Promise<{data?: any, trouble?: string}>} */
async function post(path, body) {
  flight = new AbortController();
  const timer = setTimeout(() => flight.abort(), GIVE_UP_MS);
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      redirect: "error",
      signal: flight.signal,
    });
    if (!response.ok) return { trouble: kindOf(response.status) };
    return { data: await response.json() };
  } catch (error) {
    return { trouble: error instanceof SyntaxError ? "broken" : "offline" };
  } finally {
    clearTimeout(timer);
  }
}

function kindOf(code) {
  return { 401: "ended", 413: "long", 429: "busy" }[code] ?? "broken";
}

/** Whether the server may have taken the message although no answer came back. */
const unknownFate = (kind) => kind === "offline" || kind === "broken";

function isReply(data) {
  const messages = data?.messages;
  return Array.isArray(messages) && messages.some((each) => typeof each?.text === "string" && each.text.trim() !== "");
}

/** Ends the conversation on the server; works while the page goes away. */
function endSession() {
  if (!token) return;
  const ending = token;
  token = "";
  if (!navigator.sendBeacon?.("/end", ending)) {
    fetch("/end", { method: "POST", body: ending, keepalive: true, credentials: "omit" }).catch(() => {});
  }
}

// ---- saying things

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

const LINKS = /(https:\/\/[^\s<>"'()]+)|(?<![\d£.,:/#-])(0\d(?:[ -]?\d){6,9}|116 ?123|999|101|111)(?![\d%]|[.,:/-]\d)/g;

/** Text with its telephone numbers and addresses as links. @returns {(string | HTMLElement)[]} */
function linked(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(LINKS)) {
    const shown = found[1] ? found[0].replace(/[.,;:!?]+$/, "") : found[0];
    parts.push(text.slice(from, found.index), found[1] ? webLink(shown) : telephoneLink(shown));
    from = found.index + shown.length;
  }
  return [...parts, text.slice(from)];
}

function telephoneLink(number) {
  const link = element("a", "", number);
  link.href = `tel:${number.replace(/\D/g, "")}`;
  return link;
}

function webLink(address) {
  if (!URL.canParse?.(address)) return address;
  const link = element("a", "", address, element("span", "note", STRINGS.newTab));
  Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer nofollow" });
  return link;
}

function append(bubble) {
  log.append(bubble);
  log.scrollTop = log.scrollHeight;
  if (getComputedStyle(log).overflowY === "visible") bubble.scrollIntoView({ block: "nearest" });
  return bubble;
}

function sayOwn(label) {
  return append(element("p", "said own", element("span", "unseen", STRINGS.you), label));
}

/** @param {Message} message @param {boolean} first */
function sayBot(message, first) {
  const bubble = element("p", "said", element("span", "unseen", first ? STRINGS.bot : ""));
  if (message.urgent) {
    bubble.classList.add("urgent");
    bubble.setAttribute("aria-live", "off"); // spoken once, by the alert region
    if (first) bubble.append(element("span", "flag", STRINGS.urgent));
  }
  bubble.append(...linked(message.text));
  append(bubble);
  return bubble;
}

/** @param {Message[]} messages */
function show(messages) {
  const said = messages.filter((each) => typeof each?.text === "string" && each.text.trim() !== "");
  const bubbles = said.map((each, place) => sayBot(each, place === 0));
  const buttons = messages.flatMap((each) => each.buttons ?? []);
  if (buttons.length) bubbles.at(-1)?.append(element("span", "unseen", ` ${STRINGS.pick}${buttons.map((b) => b.title).join(", ")}.`));
  offer(buttons);
  // The start of a long answer stays in sight, not its end.
  const own = bubbles[0]?.previousElementSibling ?? bubbles[0];
  if (own && getComputedStyle(log).overflowY !== "visible") log.scrollTop = own.offsetTop - log.offsetTop - 8;
  announceUrgent(said.filter((each) => each.urgent).map((each) => each.text).join(" "));
}

function announceUrgent(text) {
  if (!text) return;
  urgent.textContent = text;
  setTimeout(() => { if (urgent.textContent === text) urgent.textContent = ""; }, URGENT_SPOKEN_MS);
}

function offer(buttons) {
  replies.replaceChildren(...buttons.map(({ title, payload }) => {
    const button = element("button", "", title);
    button.type = "button";
    button.addEventListener("click", () => {
      deliver({ payload }, title);
      rest();
    });
    return button;
  }));
  replies.hidden = buttons.length === 0;
}

/** Where the focus goes after a press of a button that disappears; a telephone's keyboard must not cover the reply. */
function rest() {
  (matchMedia("(pointer: coarse)").matches ? log : box).focus({ preventScroll: true });
}

// ---- when something goes wrong: help from the page itself

function showTrouble(kind, action) {
  const panel = element("div", "trouble", element("p", "", STRINGS.trouble[kind]), document.importNode(help, true));
  if (action) {
    const button = element("button", "button", action.label);
    button.type = "button";
    button.addEventListener("click", () => {
      rest();
      action.run();
    });
    panel.append(button);
  }
  trouble.replaceChildren(panel);
  panel.scrollIntoView?.({ block: "nearest" });
}

const clearTrouble = () => trouble.replaceChildren();

function failed(item, kind) {
  pending = unknownFate(kind) ? item : null;
  if (item.body.text !== undefined && !box.value) box.value = item.body.text;
  if (kind === "ended") showTrouble(kind, { label: STRINGS.startAgain, run: restart });
  else if (kind === "long") showTrouble(kind);
  else showTrouble(kind, { label: STRINGS.again, run: () => resend(item) });
}

function resend(item) {
  if (box.value.trim() === (item.body.text ?? "")) box.value = "";
  deliver(item.body, item.label);
}

// ---- one message

/** Waits with a note after a moment and help after ten seconds. */
async function patiently(note, request) {
  busy = true;
  send.setAttribute("aria-disabled", "true");
  box.readOnly = true;
  const noting = setTimeout(() => { status.textContent = note; }, SLOW_NOTE_MS);
  const helping = setTimeout(() => showTrouble("slow"), SLOW_HELP_MS);
  const before = wipes;
  const result = await request();
  clearTimeout(noting);
  clearTimeout(helping);
  busy = false;
  box.readOnly = false;
  send.removeAttribute("aria-disabled");
  if (wipes !== before) return { trouble: "wiped" };
  status.textContent = "";
  clearTrouble();
  return result;
}

/** @param {Outgoing} item */
async function attempt(item) {
  const bubble = sayOwn(item.label);
  const offered = [...replies.children];
  offer([]);
  const { data, trouble: kind } = await patiently(STRINGS.writing, () => post("/message", { n: item.n, ...item.body }));
  if (kind === "wiped") return false;
  if (kind) {
    bubble.remove();
    replies.replaceChildren(...offered);
    replies.hidden = offered.length === 0 || kind === "ended";
    failed(item, kind);
    return false;
  }
  answered = item.n;
  pending = null;
  if (isReply(data)) show(data.messages);
  else showTrouble("empty");
  return true;
}

/** Sends a message; one whose fate is unknown is asked for first, so that nothing is doubled or lost. */
async function deliver(body, label) {
  if (busy) return;
  clearTrouble();
  const same = pending && JSON.stringify(pending.body) === JSON.stringify(body);
  if (pending && !same && !(await attempt(pending))) {
    if (body.text !== undefined) box.value = body.text;
    return;
  }
  await attempt({ n: answered + 1, body, label });
}

function submit() {
  const text = box.value.trim();
  if (busy || !text) return;
  if (text.length > LONGEST_TEXT) return showTrouble("long");
  box.value = "";
  deliver({ text }, text);
}

// ---- starting, ending, leaving

async function open() {
  if (busy) return false;
  clearTrouble();
  token = "";
  const { data, trouble: kind } = await patiently(STRINGS.starting, () => post("/session", {}));
  if (kind === "wiped") return false;
  if (typeof data?.token !== "string" || !isReply(data)) {
    showTrouble("start", { label: STRINGS.tryAgain, run: restart });
    return false;
  }
  token = data.token;
  answered = 0;
  pending = null;
  intro.hidden = true;
  chat.hidden = form.hidden = false;
  document.body.classList.add("talking");
  show(data.messages);
  return true;
}

async function restart() {
  log.replaceChildren();
  offer([]);
  if (await open()) rest();
}

function wipe() {
  wipes += 1;
  flight.abort();
  endSession();
  answered = 0;
  pending = null;
  box.value = "";
  log.replaceChildren();
  offer([]);
  clearTrouble();
  status.textContent = urgent.textContent = "";
}

function backToStart() {
  wipe();
  document.body.classList.remove("talking");
  chat.hidden = form.hidden = true;
  intro.hidden = false;
  scrollTo(0, 0);
  start.focus();
}

function leave(event) {
  event?.preventDefault();
  const target = exit.href;
  const cover = element("div", "cover", STRINGS.loading);
  cover.setAttribute("role", "alert");
  document.body.append(cover);
  wipe();
  main.remove();
  location.replace(target);
}

let presses = [];
let shiftAlone = false;

document.addEventListener("keydown", (event) => {
  if (event.key === "Shift" && !event.repeat) shiftAlone = true;
  else if (event.key !== "Shift") {
    shiftAlone = false;
    presses = [];
  }
}, true);

document.addEventListener("keyup", (event) => {
  if (event.key !== "Shift" || !shiftAlone) return;
  shiftAlone = false;
  presses = [...presses.filter((at) => event.timeStamp - at < SHIFT_WINDOW_MS), event.timeStamp];
  if (presses.length >= 3) return leave();
  const note = STRINGS.shift[3 - presses.length];
  status.textContent = note;
  setTimeout(() => { if (status.textContent === note) status.textContent = ""; }, SHIFT_WINDOW_MS);
}, true);

exit.addEventListener("click", leave);
start.addEventListener("click", async () => { if (await open()) rest(); });
end.addEventListener("click", backToStart);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
});
addEventListener("pagehide", wipe);
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

box.value = "";
start.hidden = false;
