"use strict";
// What each tier holds, and what happened in it, under a choice of rules and edges: icp_ml.release.what_if, computed
// from the sums of icp_ml.release.what_if_document. Tests hold every figure and every reason against the library's.
const WhatIf = (() => {
  const TIERS = ["green", "yellow", "red"];
  const FEWEST = 10, FEWEST_TOLD = 5, FEWEST_REACHED = 5;
  const SUMS = ["accounts", "with_open_deals", "open_pipeline", "paying", "arr_now", "decided", "won", "arr_signed"];

  // A group's lists by name, steps turned back into the numbers they lead to.
  function read(doc) {
    const named = (kind) => doc[kind].map((row) => Object.fromEntries(doc.columns[kind].map((name, i) => [name, row[i]])));
    const groups = { now: named("now"), then: named("then") };
    for (const group of groups.then) {
      for (const name of ["left", "censored", "censored_unknown", "started_with"]) group[name] = walked(group[name]);
    }
    return { ...doc, ...groups };
  }

  function walked(steps) {
    let at = 0;
    return steps.map((step) => (at += step));
  }

  function tierOf(doc, choice, holds) {
    const active = (id) => choice.active.includes(id);
    let score = doc.base, refused = false;
    for (const item of doc.items) if (active(item.criterion) && holds.includes(item.place)) score += item.points;
    for (const rule of doc.rules) {
      if (rule.kind === "exclude" && active(rule.id) && holds.includes(rule.place)) refused = true;
    }
    score = Math.min(100, Math.max(0, score));
    return refused || score < choice.red ? "red" : score >= choice.green ? "green" : "yellow";
  }

  // choice: {active: ids of the rules that count, green, red}; the figures by tier.
  function figures(doc, choice) {
    const found = {};
    const inTier = (groups, tier) => groups.filter((group) => tierOf(doc, choice, group.holds) === tier);
    for (const tier of TIERS) {
      const now = inTier(doc.now, tier), then = inTier(doc.then, tier);
      const sum = (name) => (name in (doc.now[0] || {}) ? now : then).reduce((all, group) => all + group[name], 0);
      const told = Object.fromEntries(SUMS.map((name) => [name, Math.round(100 * sum(name)) / 100]));
      found[tier] = { ...told, win_rate: winRate(doc, told), churn: churn(doc, then), nrr: nrr(doc, then) };
    }
    return found;
  }

  // How many accounts change tier from one choice to another: {from: {to: accounts}}.
  function moves(doc, before, after) {
    const moved = {};
    for (const group of doc.now) {
      const from = tierOf(doc, before, group.holds), to = tierOf(doc, after, group.holds);
      if (from === to) continue;
      moved[from] = moved[from] || {};
      moved[from][to] = (moved[from][to] || 0) + group.accounts;
    }
    return moved;
  }

  function figure(doc, estimate, low, high, n) {
    return { estimate, low, high, level: doc.level, n };
  }

  function winRate(doc, told) {
    if (!doc.has_wins) return { absent: "no deals: winning was not measured" };
    if (told.decided < FEWEST) return { absent: `${told.decided} decided accounts are fewer than ${FEWEST}` };
    return figure(doc, told.won / told.decided, ...wilson(told.won, told.decided, doc.z), told.decided);
  }

  function wilson(k, n, z) {
    if (n === 0) return [0, 1];
    const rate = k / n, spread = (z * z) / n, centre = (rate + spread / 2) / (1 + spread);
    const half = Math.sqrt(rate * (1 - rate) * spread + (spread * spread) / 4) / (1 + spread);
    return [k === 0 ? 0 : Math.max(0, centre - half), k === n ? 1 : Math.min(1, centre + half)];
  }

  // Churn: Kaplan-Meier with delayed entry (icp_ml.survival.kaplan_meier).

  function churn(doc, groups) {
    if (!doc.has_churn) return { absent: "no subscriptions: churn was not measured" };
    const customers = groups.reduce((n, g) => n + g.kept + g.left.length + g.censored.length + g.late.length / 3, 0);
    if (doc.months === null || customers < FEWEST) {
      return { absent: `${customers} customers do not carry a churn rate` };
    }
    const curve = kaplanMeier(doc, groups);
    const steps = curve.times.filter((time) => time <= doc.at.months).length;
    const kept = steps ? curve.survival[steps - 1] : 1;
    if (curve.atMonths < 1 && kept > 0) return { absent: `no customer was followed for ${doc.months} months` };
    const told = informed(curve, steps);
    const before = kept === 0 && steps > 1 ? informed(curve, steps - 1) : 0;
    const alike = Number(Math.max(before, told).toFixed(6));
    if (alike < FEWEST_TOLD) {
      const few = fixed(alike, 0);
      return { absent: `${customers} customers tell no more of ${doc.months} months than ${few} followed so long` };
    }
    let [low, high] = wilson(kept * told, told, doc.z);
    if (before) high = Math.min(high, wilson(curve.survival[steps - 2] * before, before, doc.z)[1]);
    return { ...figure(doc, 1 - kept, 1 - high, 1 - low, curve.n), months: doc.months };
  }

  // Distinct times of churn, who churned and was at risk at each, the share kept after each.
  function kaplanMeier(doc, groups) {
    const size = doc.at.last + 1;
    const ends = new Array(size).fill(0), events = new Array(size).fill(0), entries = new Array(size).fill(0);
    let n = 0;
    const follow = (entry, time, event, count) => {
      if (entry && time <= entry) return; // never under observation
      n += count;
      ends[time] += count;
      entries[entry] += count;
      if (event) events[time] += count;
    };
    for (const group of groups) {
      follow(0, doc.at.last, 0, group.kept);
      for (const time of group.left) follow(0, time, 1, 1);
      for (const time of group.censored) follow(0, time, 0, 1);
      for (let i = 0; i < group.late.length; i += 3) follow(group.late[i], group.late[i + 1], group.late[i + 2], 1);
    }
    const curve = { n, times: [], churned: [], risk: [], survival: [], atMonths: 0 };
    let risk = 0, survival = 1;
    for (let time = 1; time < size; time += 1) {
      risk += entries[time - 1] - ends[time - 1]; // entered before this time, and not gone before it
      if (time === doc.at.months) curve.atMonths = risk;
      if (!events[time]) continue;
      survival *= 1 - events[time] / risk;
      curve.times.push(time);
      curve.churned.push(events[time]);
      curve.risk.push(risk);
      curve.survival.push(survival);
    }
    return curve;
  }

  // The fully followed customers that would tell as much of the share kept after so many times of churn.
  function informed(curve, steps) {
    const kept = steps ? curve.survival[steps - 1] : 1;
    if (kept === 1) return curve.atMonths;
    if (kept === 0) return curve.risk[steps - 1];
    let sum = 0;
    for (let i = 0; i < steps; i += 1) sum += curve.churned[i] / (curve.risk[i] * (curve.risk[i] - curve.churned[i]));
    return (kept * (1 - kept)) / (kept * kept * sum);
  }

  // Net revenue retention: yearly revenue at the horizon over that at the start, weighted for censoring
  // (icp_ml.cohort.retention.retained_share).

  function nrr(doc, groups) {
    const seen = revenue(doc, groups);
    if (seen.n < FEWEST || (seen.reached < FEWEST_REACHED && seen.unsettled > 0)) {
      return { absent: `${seen.reached} of ${seen.n} customers of known ARR were followed for ${doc.horizon} months` };
    }
    const weights = weigh(doc, seen);
    const stayed = staying(doc, seen, weights), held = paying(doc, seen);
    const ratio = (weights.kept * seen.pairs.reduce((sum, [, end]) => sum + end, 0)) / weights.sum;
    if (held[2] - held[1] < 1e-9 && (stayed[0] === 0 || stayed[0] === 1) && ratio !== 0 && ratio !== 1) {
      return { absent: `the ${seen.n} customers all have the same nrr: no interval can be given` };
    }
    const low = ratio - Math.hypot(held[0] * (stayed[0] - stayed[1]), stayed[0] * (held[0] - held[1]));
    const high = ratio + Math.hypot(held[0] * (stayed[2] - stayed[0]), stayed[0] * (held[2] - held[0]));
    return figure(doc, ratio, Math.max(low, 0), high, seen.n);
  }

  // Customers seen from the start whose revenue is known: those lost (time, start), censored (by time), and the pairs
  // of revenue at the start and at the horizon of those followed so long.
  function revenue(doc, groups) {
    const seen = { lost: [], censored: new Array(doc.at.last + 1).fill(0), unsettled: 0, pairs: [], reached: 0, n: 0 };
    for (const group of groups) {
      group.left.forEach((time, i) => {
        if (group.left_arr[i] > 0) seen.lost.push([time, group.left_arr[i]]);
      });
      for (const time of group.censored) seen.censored[time] += 1;
      for (const time of group.censored_unknown) seen.censored[time] -= 1;
      seen.unsettled += group.censored.length - group.censored_unknown.length;
      group.started_with.forEach((start, i) => seen.pairs.push([start, start + group.grown_by[i]]));
    }
    seen.reached = seen.pairs.length + seen.lost.filter(([time]) => time === doc.at.horizon).length;
    seen.n = seen.lost.length + seen.unsettled + seen.pairs.length;
    return seen;
  }

  // Inverse probability of censoring weights (icp_ml.survival.weighting): by time of the lost, and of those kept.
  function weigh(doc, seen) {
    const lostAt = new Array(doc.at.last + 1).fill(0), uncensored = new Array(doc.at.last + 1).fill(1);
    for (const [time] of seen.lost) lostAt[time] += 1;
    let share = 1, risk = seen.n;
    for (let time = 1; time <= doc.at.horizon; time += 1) {
      uncensored[time] = share;
      if (seen.censored[time]) share *= 1 - seen.censored[time] / (risk - lostAt[time]);
      risk -= seen.censored[time] + lostAt[time];
    }
    const kept = seen.pairs.length ? 1 / uncensored[doc.at.horizon] : 0;
    const lost = seen.lost.map(([time, start]) => start / uncensored[time]);
    const sum = lost.reduce((a, b) => a + b, 0) + kept * seen.pairs.reduce((all, [start]) => all + start, 0);
    return { kept, lost, sum };
  }

  // The share of revenue whose customer stayed, with Wilson's interval at the effective number of customers.
  function staying(doc, seen, weights) {
    const gone = [...weights.lost, ...seen.pairs.filter(([, end]) => end <= 0).map(([start]) => start * weights.kept)];
    const stays = seen.pairs.filter(([, end]) => end > 0).map(([start]) => start * weights.kept);
    const total = (values) => values.reduce((a, b) => a + b, 0), square = (values) => total(values.map((v) => v * v));
    const rate = gone.length ? Math.min(total(stays) / weights.sum, 1) : 1;
    let effective = (weights.sum * weights.sum) / (square(gone) + square(stays));
    if (rate > 0 && rate < 1) {
      const variance = (square(stays) * (1 - rate) ** 2 + square(gone) * rate ** 2) / weights.sum ** 2;
      effective = Math.min(effective, (rate * (1 - rate)) / variance);
    }
    return [rate, ...wilson(rate * effective, effective, doc.z)];
  }

  // What those who stayed pay of what they paid: a ratio with its jackknife interval (icp_ml.survival.ratios).
  function paying(doc, seen) {
    const there = seen.pairs.filter(([, end]) => end > 0);
    if (there.length < 2) {
      const rate = there.length ? there[0][1] / there[0][0] : 1;
      return [rate, rate, rate];
    }
    let start = 0, end = 0, squares = 0, apart = 0;
    for (const [a, b] of there) {
      start += a;
      end += b;
      squares += a * a;
    }
    const ratio = end / start, n = there.length;
    for (const [a, b] of there) apart += ((b - ratio * a) / (1 - a / start)) ** 2;
    const error = Math.sqrt(((n - 1) / n) * apart) / start;
    const half = error * studentQuantile(0.5 + doc.level / 2, Math.max((start * start) / squares - 1, 1));
    return [ratio, ratio - half, ratio + half];
  }

  // Student's t: the quantile by bisection of the distribution function, itself an incomplete beta function.

  function studentQuantile(p, degrees) {
    const tail = 2 * (1 - p);
    let low = 0, high = 1;
    while (bothTails(high, degrees) > tail) high *= 2;
    for (let i = 0; i < 200 && high - low > 1e-14 * high; i += 1) {
      const middle = (low + high) / 2;
      if (bothTails(middle, degrees) > tail) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  function bothTails(t, degrees) {
    return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
  }

  // Regularised, by Lentz's continued fraction (Press et al., Numerical Recipes, section 6.4).
  function incompleteBeta(x, a, b) {
    if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
    const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
    const swap = x >= (a + 1) / (a + b + 2);
    return swap ? 1 - (front * fraction(1 - x, b, a)) / b : (front * fraction(x, a, b)) / a;
  }

  function fraction(x, a, b) {
    const safe = (v) => (Math.abs(v) < 1e-300 ? 1e-300 : v);
    let c = 1, d = 1 / safe(1 - ((a + b) * x) / (a + 1)), value = d;
    for (let m = 1; m < 10000; m += 1) {
      const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / safe(1 + even * d);
      c = safe(1 + even / c);
      value *= d * c;
      const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / safe(1 + odd * d);
      c = safe(1 + odd / c);
      value *= d * c;
      if (Math.abs(d * c - 1) < 1e-15) break;
    }
    return value;
  }

  // Stirling's series after moving up, good to the last digits.
  function logGamma(z) {
    let shift = 0;
    while (z < 12) {
      shift -= Math.log(z);
      z += 1;
    }
    const w = 1 / (z * z);
    const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188)))) / z;
    return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
  }

  // Rounded as Python does: half goes to the even digit, where a half there is.
  function fixed(value, digits) {
    const scaled = Math.abs(value) * 10 ** digits, down = Math.floor(scaled);
    const half = scaled - down === 0.5 && Number.isInteger(value * 2 ** (digits + 1));
    return half && down % 2 === 0 ? (Math.sign(value) * (down / 10 ** digits)).toFixed(digits) : value.toFixed(digits);
  }

  return { TIERS, read, figures, moves, tierOf, fixed, studentQuantile };
})();
