// Keeps the page current. Everything works without it; nothing is decided here.
"use strict";
(() => {
  const EVERY_MS = 3000;
  const AT_MOST_EVERY_MS = 1000;
  const SILENT_MS = 25000;
  const STREAM_AGAIN_MS = 30000;
  const live = document.querySelector("[data-live]");
  const lost = document.querySelector("[data-lost]");
  let answeredAt = new Date();
  let failures = 0;

  // The words of words.py, counted on.
  const amount = (seconds) => {
    if (seconds < 45) return "";
    if (seconds < 5400) return Math.max(1, Math.round(seconds / 60)) + " min";
    if (seconds < 129600) return Math.round(seconds / 3600) + " h";
    return Math.round(seconds / 86400) + " d";
  };
  const distance = (instant) => {
    const seconds = (Date.now() - instant) / 1000;
    const text = amount(Math.abs(seconds));
    if (!text) return seconds >= 0 ? "just now" : "in a moment";
    return seconds > 0 ? text + " ago" : "in " + text;
  };
  const tick = () => {
    for (const time of document.querySelectorAll("time")) {
      const instant = Date.parse(time.dateTime);
      const words = time.querySelector("[data-distance]");
      if (words && words.textContent !== distance(instant)) words.textContent = distance(instant);
      if (!time.title || !time.dataset.local) {
        time.dataset.local = "yes";
        time.title = time.dateTime + "\n" + new Date(instant).toLocaleString() + " here";
      }
    }
  };

  const tell = (text, reload) => {
    lost.textContent = text;
    if (reload) {
      const link = document.createElement("a");
      link.href = location.pathname + location.search;
      link.textContent = "Reload";
      lost.append(" ", link);
    }
    lost.hidden = !text;
  };

  // Somebody who is writing must not lose their words to a refresh.
  const isWriting = () =>
    [...live.querySelectorAll("textarea, input[type=text]")].some((field) => field.value || field === document.activeElement);

  // Nor may the plan under somebody's pointer turn into another one: they would approve what they never read.
  const isOtherPlan = (fresh) => {
    const shown = live.querySelector("[data-plan]")?.dataset.plan;
    const held = fresh.querySelector("[data-plan]")?.dataset.plan;
    return Boolean(shown && held && shown !== held);
  };

  // Whoever writes why not has to know that somebody else has decided meanwhile.
  const findWord = (fresh) => {
    const told = fresh.querySelector("[data-word]")?.dataset.word;
    return told && told !== live.querySelector("[data-word]")?.dataset.word ? ": " + told : "";
  };

  const replace = (fresh, version) => {
    const open = new Set([...live.querySelectorAll("details[open]")].map((fold) => fold.id));
    const focused = document.activeElement && live.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    for (const fold of fresh.querySelectorAll("details[id]")) fold.open = open.has(fold.id);
    live.replaceChildren(...fresh.childNodes);
    live.dataset.version = version;
    if (focused) [...live.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === focused)?.focus({ preventScroll: true });
    const named = live.querySelector("[data-title]");
    if (named) document.title = named.dataset.title;
    tick();
  };

  const ask = async () => {
    const answer = await fetch(live.dataset.live, {
      headers: { "If-None-Match": '"' + live.dataset.version + '"' },
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(10000),
    });
    if (answer.status === 401) return tell("You are signed out; what you see stays as it was.", true), false;
    if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
    answeredAt = new Date();
    failures = 0;
    if (answer.status === 304) return tell(""), true;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    if (isWriting()) return tell("This incident has changed while you were writing" + findWord(fresh) + ".", true), true;
    if (isOtherPlan(fresh)) return tell("Another plan has taken the place of this one.", true), true;
    replace(fresh, (answer.headers.get("ETag") || "").replaceAll('"', ""));
    tell("");
    return true;
  };

  let isOver = false;
  const look = async () => {
    askedAt = Date.now();
    try {
      if (!(await ask())) end();
    } catch {
      failures += 1;
      if (failures > 1) tell("Fermata has not answered since " + answeredAt.toISOString().slice(11, 19) + " UTC. What you see may be old.");
    }
  };

  // One stream tells that something changed; what changed is asked for, at most once a second.
  let stream = null;
  let heardAt = 0;
  let triedAt = 0;
  let askedAt = Date.now();
  let due = null;
  const isHeard = () => Boolean(stream) && stream.readyState === EventSource.OPEN && Date.now() - heardAt < SILENT_MS;
  const lookSoon = () => {
    if (due || isOver) return;
    due = setTimeout(() => {
      due = null;
      if (!document.hidden && !isOver) look();
    }, Math.max(0, askedAt + AT_MOST_EVERY_MS - Date.now()));
  };
  const concerns = ({ incidents, switched }) => {
    const own = live.dataset.incident;
    if (switched || incidents === null || live.hasAttribute("data-any")) return true;
    return own ? incidents.includes(own) : incidents.length > 0;
  };
  const hang = () => {
    if (stream) stream.close();
    stream = null;
  };
  const listen = () => {
    if (!window.EventSource || document.hidden || isOver) return;
    hang();
    triedAt = Date.now();
    stream = new EventSource("/events");
    const hear = () => { heardAt = Date.now(); };
    // What changed between the page and the stream, or while the stream was away, is asked for once.
    stream.addEventListener("open", () => { hear(); lookSoon(); });
    stream.addEventListener("alive", hear);
    stream.addEventListener("journal", (event) => {
      hear();
      if (concerns(JSON.parse(event.data))) lookSoon();
    });
    stream.addEventListener("signed_out", () => {
      hang();
      lookSoon();
    });
  };
  const end = () => {
    isOver = true;
    hang();
  };

  // Where no stream is heard (too many tabs, a proxy that holds it back), the page asks by itself.
  const poll = async () => {
    if (!document.hidden && !isHeard()) {
      await look();
      if (!isHeard() && Date.now() - triedAt > STREAM_AGAIN_MS) listen();
    }
    if (!isOver) setTimeout(poll, Math.min(EVERY_MS * (1 + failures), 15000));
  };

  // Browsers open six connections to one address: a tab that nobody looks at gives its own back.
  document.addEventListener("visibilitychange", () => (document.hidden ? hang() : live && listen()));
  addEventListener("pagehide", hang);
  addEventListener("pageshow", (event) => event.persisted && live && listen());

  // A citation leads into a folded piece of evidence.
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView({ block: "center" });
  };

  // One click is one answer: a second press of the same button waits for the first. And nothing is sent to where nobody
  // answers: the browser's own error page would take what is read and written here away.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.sent === "answered") return void (form.dataset.sent = "yes");
    event.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "asking";
    try {
      const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error(String(answer.status));
    } catch {
      delete form.dataset.sent;
      return tell("Fermata does not answer: nothing was sent. Press again once it does.");
    }
    form.dataset.sent = "answered";
    form.requestSubmit(event.submitter);
  });
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  // Whoever leaves with words that are not saved is asked first; pressing a button of the form takes them along.
  addEventListener("beforeunload", (event) => {
    for (const form of document.querySelectorAll("form[data-guarded]")) {
      const isTyped = [...form.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);
      if ((isTyped || form.dataset.guarded) && !form.dataset.sent) event.preventDefault();
    }
  });

  addEventListener("hashchange", unfold);
  unfold();
  tick();
  setInterval(tick, 1000);
  if (live) {
    listen();
    setTimeout(poll, EVERY_MS);
  }
})();
