"use strict";
// Keys of the page that edits a draft. Whatever they do, the page's own fields do without them.
(() => {
  const form = document.getElementById("edit-form");
  const keys = document.getElementById("keys");
  if (!form || !keys) return;

  const said = document.getElementById("keys-said");
  const listens = document.getElementById("keys-on");
  const STORED = "patriot-desk-keys";
  let last = null;

  const sentences = () => [...form.querySelectorAll("div.sentence")];
  const say = (words) => { said.textContent = words; };

  // --- Where we are ---------------------------------------------------------------
  function current() {
    const here = document.activeElement && document.activeElement.closest("div.sentence");
    return here || (last && last.isConnected ? last : null);
  }

  function show(sentence) {
    last = sentence;
    sentence.focus({ preventScroll: true });
    // At once: nothing glides, for those who asked for less motion and for everybody else.
    sentence.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  function go(step) {
    const all = sentences();
    const from = all.indexOf(current());
    const next = from < 0 ? all[0] : all[Math.min(Math.max(from + step, 0), all.length - 1)];
    if (next) show(next);
  }

  // --- What is done with a sentence -------------------------------------------------
  function edit(sentence) {
    const details = sentence.querySelector("details");
    const field = details.querySelector("textarea");
    details.open = true;
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: "nearest", behavior: "instant" });
    field.setSelectionRange(field.value.length, field.value.length);
  }

  function pick(sentence) {
    sentence.querySelector("button[name=pick]").click();
  }

  function drop(sentence) {
    const box = sentence.querySelector("[name^=drop-]");
    if (!box) return say("A story keeps its headline: reword it, or drop the story.");
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    say(box.checked ? "Dropped when you save." : "Kept.");
  }

  const placeOf = (sentence) => sentence.querySelector("[name^=place-]");
  const isHeadline = (sentence) => !sentence.querySelector("[name^=drop-]");

  function move(sentence, step) {
    const told = [...sentence.parentElement.querySelectorAll(":scope > div.sentence")];
    // By the places that may have been typed; the sort keeps the order of equal ones.
    told.sort((one, other) => Number(placeOf(one).value) - Number(placeOf(other).value));
    const from = told.indexOf(sentence);
    const other = told[from + step];
    if (isHeadline(sentence)) return say("The headline stays where it is.");
    if (!other || isHeadline(other))
      return say(`It is the ${step < 0 ? "first" : "last"} sentence of its story already.`);
    told[from] = other;
    told[from + step] = sentence;
    const after = told[0].parentElement.querySelector(":scope > details.sentence");
    told.forEach((each, index) => {
      placeOf(each).value = index + 1;
      sentence.parentElement.insertBefore(each, after);
    });
    show(sentence);
    say(`Place ${from + step + 1} of ${told.length}.`);
  }

  function list() {
    const title = keys.querySelector("summary");
    if (document.activeElement === title && last) return show(last);
    keys.open = true;
    title.focus();
  }

  // --- The keys ---------------------------------------------------------------------
  const withSentence = (act) => () => {
    const sentence = current();
    if (sentence) act(sentence);
    else say("Go to a sentence first: press j.");
  };
  const ACTS = {
    "j": () => go(1),
    "k": () => go(-1),
    "e": withSentence(edit),
    "p": withSentence(pick),
    "d": withSentence(drop),
    "u": withSentence((sentence) => move(sentence, -1)),
    "m": withSentence((sentence) => move(sentence, 1)),
    "s": () => form.requestSubmit(form.querySelector(".submit-row [type=submit]")),
    "?": list,
  };
  // Elsewhere the arrows scroll the page, and choose among buttons.
  const ON_A_SENTENCE = { "ArrowDown": ACTS.j, "ArrowUp": ACTS.k };
  const MAY_REPEAT = new Set(["j", "k", "ArrowDown", "ArrowUp"]);

  const isTypedInto = (element) =>
    element.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit])");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.defaultPrevented || !(event.target instanceof Element)) return;
    const sentence = event.target.closest("div.sentence");
    if (isTypedInto(event.target)) {
      // Out of the field, and back to its sentence; what was typed stays.
      if (event.key === "Escape" && sentence && listens.checked) show(sentence);
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = ACTS[key] || (event.target === sentence && ON_A_SENTENCE[key]);
    if (!act || !listens.checked || (event.repeat && !MAY_REPEAT.has(key))) return;
    event.preventDefault();
    act();
  });

  // --- Switched on ------------------------------------------------------------------
  form.addEventListener("focusin", (event) => {
    last = event.target.closest("div.sentence") || last;
  });
  listens.addEventListener("change", () => {
    try { localStorage.setItem(STORED, listens.checked ? "on" : "off"); } catch { /* not kept */ }
  });
  try { listens.checked = localStorage.getItem(STORED) !== "off"; } catch { /* as it is */ }
  sentences().forEach((sentence) => { sentence.tabIndex = -1; });
  keys.hidden = false;
})();
