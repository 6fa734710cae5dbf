"use strict";
// The page of "What if": reads the switches, shows the figures, writes the decisions. No storage, no network; it works
// inside <iframe sandbox="allow-scripts"> too, where nothing can be downloaded and the clipboard may refuse.
const WhatIfPage = (() => {
  const byId = (id) => document.getElementById(`what-if-${id}`);

  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

  // Figures in the words of icp_ml.report.words.

  function trimmed(value, digits) {
    const [whole, rest = ""] = WhatIf.fixed(value, digits).split(".");
    const kept = rest.replace(/0+$/, "");
    const text = grouped(whole) + (kept ? `.${kept}` : "");
    return text === "-0" ? "0" : text;
  }

  function percent(rate) {
    if (rate > 0 && rate < 0.0005) return "under 0.1 %";
    if (rate < 1 && 1 - rate < 0.0005) return "over 99.9 %";
    const detailed = Math.abs(rate) < 0.1 || (rate > 0.985 && rate < 1);
    return `${trimmed(100 * rate, detailed ? 1 : 0)} %`;
  }

  function money(amount, currency) {
    const large = Math.abs(amount) >= 1e6, digits = Math.abs(amount) < 1e7 ? 2 : 1;
    const [whole, rest] = WhatIf.fixed(large ? amount / 1e6 : amount, large ? digits : 0).split(".");
    const words = grouped(whole) + (rest ? `.${rest}` : "") + (large ? " million" : "");
    return currency ? `${currency} ${words}` : words;
  }

  const count = (n) => grouped(String(n));
  const span = (low, high) => `${low.endsWith(" %") && high.endsWith(" %") ? low.slice(0, -2) : low} to ${high}`;
  const accounts = (n) => `${count(n)} ${n === 1 ? "account" : "accounts"}`;

  // What a row shows: how to write its value, and how to write by how much it changed.
  const KINDS = {
    count: { write: count, change: (d) => count(Math.abs(d)) },
    money: { write: (v) => money(v, page.doc.currency), change: (d) => money(Math.abs(d), page.doc.currency) },
    rate: { write: percent, change: (d) => `${trimmed(100 * Math.abs(d), Math.abs(d) < 0.02 ? 1 : 0)} points` },
  };

  function rowsOf(doc) {
    const within = `${doc.horizon} months`, some = (kind, name) => doc[kind].some((group) => group[name] > 0);
    const rows = [["accounts", "Accounts now", "count"]];
    if (some("now", "open_pipeline")) rows.push(["open_pipeline", "Open pipeline now", "money"]);
    if (some("now", "arr_now")) rows.push(["arr_now", "Pays a year now", "money"]);
    if (doc.has_wins) rows.push(["decided", "Past accounts, won or lost", "count"], ["win_rate", "Win rate", "rate"]);
    if (doc.has_churn) {
      rows.push(["churn", `Churn within ${doc.months === null ? within : `${doc.months} months`}`, "rate"]);
      rows.push(["nrr", `NRR after ${within}`, "rate"]);
    }
    if (some("then", "arr_signed")) rows.push(["arr_signed", "Signed a year by past accounts", "money"]);
    return rows;
  }

  // Filling the page.

  const page = {};

  function element(tag, text, name) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  }

  function cell(kind, tier, was, is) {
    const made = element("td", undefined, "num");
    made.dataset.head = tier;
    const value = (figure) => (typeof figure === "number" ? figure : figure.estimate);
    if (is.absent !== undefined) {
      made.append(element("span", "not measured", "soft"), element("span", is.absent, "range"));
      if (was.absent === undefined) made.append(element("span", `was ${kind.write(value(was))}`, "was"));
      return made;
    }
    made.append(element("span", kind.write(value(is))));
    if (is.low !== undefined) made.append(element("span", span(kind.write(is.low), kind.write(is.high)), "range"));
    if (was.absent !== undefined) made.append(element("span", "was not measured", "was"));
    else made.append(...changed(kind, value(was), value(is)));
    return made;
  }

  function changed(kind, was, is) {
    if (Math.abs(is - was) < 1e-9) return [];
    const told = element("span", `was ${kind.write(was)}: `, "was");
    told.append(element("strong", `${kind.change(is - was)} ${is > was ? "more" : "less"}`));
    return [told];
  }

  function fillTable(was, is) {
    const body = byId("table").tBodies[0];
    body.replaceChildren();
    for (const [name, label, kind] of page.rows) {
      const row = body.insertRow();
      row.dataset.figure = name;
      const head = element("th", label);
      head.scope = "row";
      row.append(head, ...WhatIf.TIERS.map((tier) => cell(KINDS[kind], tier, was[tier][name], is[tier][name])));
    }
  }

  function fillRefused(was, is) {
    const tile = (value, what, before) => {
      const made = element("p");
      made.append(element("strong", money(value, page.doc.currency)), element("span", what));
      made.append(...changed(KINDS.money, before, value));
      return made;
    };
    const { arr_signed: signed, arr_now: now, paying, open_pipeline: open, with_open_deals: deals } = is.red;
    const today = page.doc.has_churn ? `; of today’s customers, ${count(paying)} at ${money(now, page.doc.currency)} a year` : "";
    // Where no amount was ever recorded, nought would say that refusing costs nothing.
    const shows = (name) => page.rows.some((row) => row[0] === name), tiles = [];
    if (shows("arr_signed")) tiles.push(tile(signed, `ARR refused: signed a year by past accounts that would be red${today}`, was.red.arr_signed));
    if (shows("open_pipeline")) tiles.push(tile(open, `open pipeline hit: ${accounts(deals)} with open deals that would be red`, was.red.open_pipeline));
    byId("refused").replaceChildren(...tiles);
  }

  function said(moved) {
    const parts = [];
    for (const [from, tos] of Object.entries(moved)) {
      for (const [to, n] of Object.entries(tos)) parts.push([n, `${count(n)} from ${from} to ${to}`]);
    }
    if (!parts.length) return isOwn() ? "As released: nothing is changed." : "No account changes its tier.";
    const total = parts.reduce((sum, [n]) => sum + n, 0);
    return `${accounts(total)} ${total === 1 ? "changes" : "change"} tier: ${parts.map(([, words]) => words).join(", ")}.`;
  }

  // The choice, and the decisions it stands for.

  function choice() {
    const active = page.switches.filter((box) => box.checked).map((box) => box.value);
    return { active, green: Number(byId("green").value), red: Number(byId("red").value) };
  }

  function isOwn() {
    const own = page.own, now = choice();
    return now.green === own.green && now.red === own.red && String(now.active) === String(own.active);
  }

  function decisions() {
    const { active, green, red } = choice(), all = byId("accept").checked;
    const ids = (wanted) => page.doc.rules.filter(wanted).map((rule) => rule.id);
    const made = {
      schema_version: "1.0",
      release_id: page.doc.release_id,
      by: byId("by").value.trim(),
      note: byId("note").value.trim(),
      // What was rejected before and is on again is accepted by that alone.
      accept: ids((rule) => active.includes(rule.id) && (all || !rule.on)),
      reject: ids((rule) => !active.includes(rule.id) && rule.on),
    };
    if (green !== page.doc.green || red !== page.doc.red) made.tiers = { green, red };
    return `${JSON.stringify(made, null, 2)}\n`;
  }

  function update() {
    const now = choice(), is = WhatIf.figures(page.doc, now);
    fillTable(page.before, is);
    fillRefused(page.before, is);
    const words = said(WhatIf.moves(page.doc, page.own, now));
    // Said again only where it is news, so that a screen reader does not repeat itself.
    if (byId("said").textContent !== words) byId("said").textContent = words;
    byId("reset").disabled = isOwn();
    write();
  }

  function write() {
    byId("decisions").value = decisions();
    byId("done").textContent = "";
  }

  // Red lies below green; moving one edge past the other takes that along.
  function setEdge(name, wanted) {
    const value = Math.min(name === "green" ? 100 : 99, Math.max(name === "green" ? 1 : 0, Math.round(wanted)));
    const other = name === "green" ? "red" : "green", at = Number(byId(other).value);
    showEdge(name, value);
    if (name === "green" && at >= value) showEdge("red", value - 1);
    if (name === "red" && at <= value) showEdge("green", value + 1);
  }

  function between(name, field) {
    const { green, red } = choice();
    return field.value !== "" && field.checkValidity() && (name === "green" ? field.value > red : field.value < green);
  }

  function showEdge(name, value) {
    byId(name).value = value;
    byId(`${name}-number`).value = value;
  }

  function reset() {
    page.switches.forEach((box) => (box.checked = page.own.active.includes(box.value)));
    showEdge("green", page.own.green);
    showEdge("red", page.own.red);
    update();
  }

  // Taking the decisions along.

  function copy() {
    const text = byId("decisions");
    text.focus();
    text.select();
    let copied = false;
    try {
      copied = document.execCommand("copy");
    } catch (refused) {
      copied = false;
    }
    const sure = () => (byId("done").textContent = "Copied.");
    const byHand = () => (byId("done").textContent = "Selected: press Ctrl+C, or Cmd+C, to copy.");
    if (copied) sure();
    else if (navigator.clipboard && !framed()) navigator.clipboard.writeText(text.value).then(sure, byHand);
    else byHand();
  }

  function download() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([byId("decisions").value], { type: "application/json" }));
    link.download = `decisions-${page.doc.release_id}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    byId("done").textContent = `Downloaded as ${link.download}.`;
  }

  const framed = () => window.self !== window.top;

  // A sandboxed frame has an origin of its own, to which storage is forbidden; it may not download either.
  function sandboxed() {
    try {
      return framed() && !window.localStorage;
    } catch (refused) {
      return framed();
    }
  }

  function start() {
    page.doc = WhatIf.read(JSON.parse(byId("data").textContent));
    page.rows = rowsOf(page.doc);
    page.switches = [...byId("panel").querySelectorAll("input[name=rule]")];
    const { green, red } = page.doc;
    page.own = { active: page.doc.rules.filter((rule) => rule.on).map((rule) => rule.id), green, red };
    page.own.active = page.switches.map((box) => box.value).filter((id) => page.own.active.includes(id));
    page.before = WhatIf.figures(page.doc, page.own);
    page.switches.forEach((box) => box.addEventListener("change", update));
    for (const name of ["green", "red"]) {
      byId(name).addEventListener("input", () => (setEdge(name, Number(byId(name).value)), update()));
      const field = byId(`${name}-number`);
      const typed = () => (field.value === "" ? Number(byId(name).value) : Number(field.value));
      // A number half typed on the way to another, 7 for 75, must not push the other edge: that waits for the end.
      field.addEventListener("input", () => {
        if (between(name, field)) (setEdge(name, typed()), update());
      });
      field.addEventListener("change", () => (setEdge(name, typed()), update()));
    }
    ["by", "note", "accept"].forEach((name) => byId(name).addEventListener("input", write));
    byId("reset").addEventListener("click", reset);
    byId("copy").addEventListener("click", copy);
    if (sandboxed()) {
      byId("download").disabled = true;
      byId("no-download").hidden = false;
    } else byId("download").addEventListener("click", download);
    byId("panel").hidden = false;
    // A reload may keep what was ticked; the page begins as released.
    reset();
  }

  return { start, percent, money, span };
})();
if (typeof document !== "undefined") WhatIfPage.start();
