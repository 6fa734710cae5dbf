(function () {
  "use strict";
  const root = document.getElementById("lookup");
  const part = (name) => root.querySelector('[data-lookup="' + name + '"]');
  const form = part("form"), body = root.querySelector("tbody"), PAGE = 25;
  const number = new Intl.NumberFormat("en-US");
  const money = (v) => (v === null ? "" : (root.dataset.currency + " " + number.format(v)).trim());
  let index = null, found = [], shown = 0;

  async function unpack() {
    const raw = atob(document.getElementById("accounts-packed").textContent.trim());
    const bytes = Uint8Array.from(raw, (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  function make(tag, text, className) {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  }

  function fill(name, values) {
    if (!values.length) return;
    const select = form.elements[name];
    values.forEach((value, at) => {
      const option = make("option", value);
      option.value = String(at);
      select.append(option);
    });
    part(name).hidden = false;
  }

  const WHICH = {
    all: () => true,
    pursue: (a, tier, i) => tier === "green" && a.state[i] !== 0,
    refuse: (a, tier, i) => tier === "red" && a.pipeline[i] !== null,
    red: (a, tier, i) => tier === "red" && a.state[i] === 0,
    customers: (a, tier, i) => a.state[i] === 0,
  };

  function value(order, i) {
    const a = index.accounts;
    if (order === "score") return index.told[a.told[i]][0];
    return a[order][i];
  }

  function search() {
    const a = index.accounts, chosen = form.elements;
    const text = chosen.text.value.trim().toLocaleLowerCase();
    const which = WHICH[chosen.which.value], order = chosen.order.value;
    const by = ["territory", "owner"].filter((name) => chosen[name].value !== "");
    found = [];
    for (let i = 0; i < a.id.length; i += 1) {
      if (text && !a.id[i].toLocaleLowerCase().includes(text) && !a.name[i].toLocaleLowerCase().includes(text)) continue;
      if (by.some((name) => a[name][i] !== Number(chosen[name].value))) continue;
      if (which(a, index.told[a.told[i]][1], i)) found.push(i);
    }
    const called = (i) => a.name[i] || a.id[i];
    if (order === "name") found.sort((x, y) => called(x).localeCompare(called(y)) || x - y);
    else found.sort((x, y) => (value(order, y) ?? -Infinity) - (value(order, x) ?? -Infinity) || x - y);
    shown = 0;
    body.replaceChildren();
    const n = found.length;
    part("count").textContent = n ? number.format(n) + (n === 1 ? " account" : " accounts") : "No account fits. Try a part of the name, or another choice.";
    part("table").hidden = n === 0;
    more();
  }

  function more() {
    found.slice(shown, shown + PAGE).forEach((i) => body.append(row(i)));
    shown = Math.min(shown + PAGE, found.length);
    part("more").hidden = shown >= found.length;
  }

  function cell(head, text, className) {
    const td = make("td", text, className);
    td.dataset.head = head;
    return td;
  }

  function row(i) {
    const a = index.accounts, [score, tier] = index.told[a.told[i]];
    const tr = make("tr"), th = make("th"), opener = make("button", undefined, "opener");
    th.scope = "row";
    opener.type = "button";
    opener.setAttribute("aria-expanded", "false");
    opener.append(make("bdi", a.name[i] || a.id[i]));
    opener.addEventListener("click", () => open(i, tr, opener));
    th.append(opener);
    if (a.name[i]) th.append(make("span", a.id[i], "range"));
    tr.append(
      th,
      cell("Tier", tier, tier),
      cell("Score", String(score), "num"),
      cell("State", index.states[a.state[i]]),
      cell("Open pipeline", money(a.pipeline[i]), "num nowrap"),
      cell("Pays a year", money(a.arr[i]), "num nowrap"),
      cell("Margin a year", money(a.margin[i]), "num nowrap"),
      cell("Customer for", a.months[i] === null ? "" : number.format(a.months[i]) + " months", "num nowrap")
    );
    return tr;
  }

  function open(i, tr, opener) {
    const was = opener.getAttribute("aria-expanded") === "true";
    opener.setAttribute("aria-expanded", String(!was));
    if (was) {
      tr.nextElementSibling.remove();
      return;
    }
    const detail = make("tr", undefined, "opened"), td = make("td");
    td.colSpan = 8;
    td.append(sum(i), make("p", why(i), "said"), ...change(i), ...alike(i), make("p", whose(i), "soft"));
    detail.append(td);
    tr.after(detail);
  }

  function line(text, points, className) {
    const li = make("li", undefined, className);
    li.append(make("span", text), make("span", points, "nowrap"));
    return li;
  }

  function sum(i) {
    const [score, , , reasons] = index.told[index.accounts.told[i]], list = make("ul", undefined, "sum");
    list.append(line("Every account starts with", String(index.base)));
    reasons.filter((r) => r[1]).forEach(([text, points]) => list.append(line(text, (points > 0 ? "+" : "") + points)));
    const total = reasons.reduce((all, r) => all + r[1], index.base);
    list.append(line("Score" + (total === score ? "" : ", kept between 0 and 100"), String(score), "total"));
    return list;
  }

  function why(i) {
    const [score, tier, matched] = index.told[index.accounts.told[i]];
    const excluded = matched.split(";").filter((id) => id.startsWith("X"));
    if (tier === "red" && excluded.length) {
      return "Red, since an exclusion holds: " + excluded.map((id) => id + ", " + index.rules[id]).join("; ") + ".";
    }
    if (tier === "red") return "Red, since " + score + " is under " + index.tiers.red + ".";
    if (tier === "green") return "Green, since " + score + " reaches " + index.tiers.green + " and no exclusion holds.";
    return "Yellow, since " + score + " lies from " + index.tiers.red + " to under " + index.tiers.green + " and no exclusion holds.";
  }

  function change(i) {
    const pieces = index.changes[index.accounts.change[i]];
    if (!pieces) return [];
    const p = make("p", undefined, "said"), now = index.values[index.accounts.now[i]];
    let told = 0;
    p.append(make("strong", "Closest change:"), " ");
    // Every second piece comes from the data, and may be written from right to left.
    pieces.forEach((piece, at) => p.append(at % 2 ? make("bdi", piece === null ? now[told++] : piece) : piece));
    return [p];
  }

  function alike(i) {
    const told = index.alike, groups = Object.keys(told.groups);
    if (!told[groups[0]][i]) {
      const p = make("p", "Which past accounts are like it, ", "said");
      p.append(make("code", "icp explain " + index.accounts.id[i]), " tells; here there is no room for all.");
      return [p];
    }
    const named = groups.filter((group) => told[group][i].length), both = make("div", undefined, "alike");
    both.append(...named.map((group) => likes(told.groups[group], told[group][i], told[group + "_alike"][i])));
    return named.length ? [both] : [];
  }

  function likes([title, verb], places, percents) {
    const group = make("div"), list = make("ul"), told = index.alike;
    places.forEach((place, at) => {
      const li = make("li"), name = make("button", undefined, "other"), start = told.arr[place];
      name.type = "button";
      name.append(make("bdi", index.accounts.name[place] || index.accounts.id[place]));
      name.addEventListener("click", () => visit(place));
      const words = ": " + percents[at] + "% alike, " + verb + " " + told.months[place] + " months";
      li.append(name, words + (start === null ? "" : ", " + money(start) + " a year at first"));
      list.append(li);
    });
    group.append(make("strong", title + ":"), list);
    return group;
  }

  function visit(i) {
    form.reset();
    form.elements.text.value = index.accounts.id[i];
    search();
    while (shown <= found.indexOf(i)) more();
    const opener = body.rows[found.indexOf(i)].querySelector(".opener");
    opener.click();
    opener.focus();
  }

  function whose(i) {
    const a = index.accounts, told = [];
    if (a.segment[i] >= 0) told.push("Segment " + index.segments[a.segment[i]]);
    if (a.territory[i] >= 0) told.push("territory " + index.territories[a.territory[i]]);
    if (a.owner[i] >= 0) told.push("owner " + index.owners[a.owner[i]]);
    const text = told.join(", ");
    return text && text[0].toUpperCase() + text.slice(1) + ".";
  }

  unpack().then(
    (read) => {
      index = read;
      fill("territory", index.territories);
      fill("owner", index.owners);
      part("off").hidden = true;
      form.hidden = false;
      form.addEventListener("submit", (event) => event.preventDefault());
      form.addEventListener("input", search);
      part("more").addEventListener("click", more);
      const left = index.total - index.accounts.id.length;
      if (left > 0) {
        part("rest").textContent = number.format(left) + " more accounts, neither customers nor with an open deal, are left out here to keep this file small; all stand in accounts.csv.";
      }
      search();
    },
    () => {
      part("off").hidden = false;
    }
  );
})();
