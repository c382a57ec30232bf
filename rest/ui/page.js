// The operator page: the REST API and /metrics, asked every two seconds, shown without replacing what is being read.
"use strict";

const EVERY_MS = 2000;
const ACTIONS = [
  ["Restart", "POST", "/restart?includeTasks=true"],
  ["Restart failed", "POST", "/restart?includeTasks=true&onlyFailed=true"],
  ["Pause", "PUT", "/pause"],
  ["Resume", "PUT", "/resume"],
  ["Stop", "PUT", "/stop"],
];
const WRITTEN = "kafka_connect_source_task_source_record_write_total";
// Label, metric, how to show it.
const NUMBERS = [
  ["lag", "headgate_task_lag_seconds", seconds],
  ["behind the source", "debezium_metrics_MilliSecondsBehindSource", (ms) => seconds(ms / 1000)],
  ["log to read", "headgate_task_source_lag_bytes", bytes],
  ["log kept by the slot", "headgate_task_slot_retained_bytes", bytes],
  ["in flight", "headgate_task_in_flight_bytes", bytes],
  ["memory", "headgate_task_resident_bytes", bytes],
];

const $ = (id) => document.getElementById(id);
const connectorUrl = (name) => "connectors/" + encodeURIComponent(name).replace(/^\.\.?$/, (dots) => dots.replaceAll(".", "%2E"));
let written = new Map(); // task → {count, at}, for records a second
let busy = false;

async function ask(path, options) {
  const answer = await fetch(path, options);
  const text = await answer.text();
  if (!answer.ok) {
    let message = text;
    try { message = JSON.parse(text).message; } catch { /* the text itself */ }
    throw new Error(message || `HTTP ${answer.status}`);
  }
  return text;
}
const askJson = async (path) => JSON.parse(await ask(path, { headers: { Accept: "application/json" } }));

function seconds(s) {
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 120) return `${s.toFixed(1)} s`;
  return s < 7200 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`;
}

function bytes(n) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) { n /= 1000; unit++; }
  return `${unit && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

// Prometheus text → "connector\ntask" → metric → number
function parseMetrics(text) {
  const tasks = new Map();
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][\w:]*)\{(.*)\} (\S+)/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, key, value] of match[2].matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[key] = value.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    }
    if (labels.connector === undefined || labels.task === undefined) continue;
    const key = `${labels.connector}\n${labels.task}`;
    if (!tasks.has(key)) tasks.set(key, {});
    tasks.get(key)[match[1]] = Number(match[3]);
  }
  return tasks;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setState(element, state) {
  element.dataset.state = state;
  setText(element, state);
}

function setTrace(element, trace) {
  element.hidden = !trace;
  setText(element, trace || "");
}

function setFacts(list, facts) {
  const wanted = JSON.stringify(facts);
  if (list.dataset.shown === wanted) return;
  list.dataset.shown = wanted;
  list.replaceChildren(...facts.map(([label, value]) => {
    const row = document.createElement("div");
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    dt.textContent = label;
    dd.textContent = value;
    row.append(dt, dd);
    return row;
  }));
}

function addButton(place, label, what, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-label", `${label} ${what}`);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await act();
      showProblem("");
    } catch (error) {
      showProblem(`${label} ${what}: ${error.message}`);
    } finally {
      button.disabled = false;
      refresh();
    }
  });
  place.append(button);
}

function showProblem(text) {
  $("problem").hidden = !text;
  setText($("problem"), text);
}

function connectorCard(name) {
  const card = $("connector").content.firstElementChild.cloneNode(true);
  card.dataset.name = name;
  card.setAttribute("aria-label", `connector ${name}`);
  card.querySelector("h2").textContent = name;
  const actions = card.querySelector(".actions");
  actions.setAttribute("aria-label", `actions of connector ${name}`);
  for (const [label, method, path] of ACTIONS) {
    addButton(actions, label, `connector ${name}`, () => ask(connectorUrl(name) + path, { method }));
  }
  return card;
}

function taskSection(name, id) {
  const section = $("task").content.firstElementChild.cloneNode(true);
  section.dataset.task = String(id);
  section.querySelector("h3").textContent = `Task ${id}`;
  addButton(section.querySelector(".actions"), "Restart", `task ${id} of ${name}`,
    () => ask(`${connectorUrl(name)}/tasks/${id}/restart`, { method: "POST" }));
  return section;
}

// Keeps what is there, adds what is new and removes what is gone, in this order.
function reconcile(place, keys, keyOf, make) {
  const old = new Map([...place.children].map((child) => [keyOf(child), child]));
  keys.forEach((key, index) => {
    const child = old.get(String(key)) || make(key);
    old.delete(String(key));
    if (place.children[index] !== child) place.insertBefore(child, place.children[index] || null);
  });
  for (const child of old.values()) child.remove();
}

function taskFacts(key, numbers, now) {
  const facts = [];
  const count = numbers[WRITTEN];
  if (count !== undefined) {
    const before = written.get(key);
    if (before && now > before.at && count >= before.count) {
      const rate = (count - before.count) / ((now - before.at) / 1000);
      facts.push(["records/s", rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString("en")]);
    }
    facts.push(["records", Math.round(count).toLocaleString("en")]);
    written.set(key, { count, at: now });
  }
  const shown = new Set();
  for (const [label, metric, format] of NUMBERS) {
    if (numbers[metric] === undefined || Number.isNaN(numbers[metric]) || shown.has(label)) continue;
    shown.add(label);
    facts.push([label, format(numbers[metric])]);
  }
  return facts;
}

function showConnector(card, { info, status }, metrics, now) {
  const name = info.name;
  setState(card.querySelector(".state"), status.connector.state);
  setFacts(card.querySelector("header + .facts"), [
    ["type", info.type], ["worker", status.connector.worker_id], ["class", info.config["connector.class"] || "?"],
  ]);
  setTrace(card.querySelector(".facts + .trace"), status.connector.trace);
  const tasks = card.querySelector(".tasks");
  reconcile(tasks, status.tasks.map((t) => t.id), (s) => s.dataset.task, (id) => taskSection(name, id));
  for (const task of status.tasks) {
    const section = tasks.querySelector(`[data-task="${task.id}"]`);
    const key = `${name}\n${task.id}`;
    setState(section.querySelector(".state"), task.state);
    setFacts(section.querySelector(".facts"), taskFacts(key, metrics.get(key) || {}, now));
    const condition = section.querySelector(".condition");
    condition.hidden = !task.condition;
    setText(condition, task.condition ? `Waits: ${task.condition}` : "");
    setTrace(section.querySelector(".trace"), task.trace);
  }
  const config = card.querySelector(".config");
  const text = JSON.stringify(info.config);
  if (config.dataset.config !== text) {
    config.dataset.config = text;
    config.replaceChildren(...Object.keys(info.config).sort().flatMap((key) => {
      const dt = document.createElement("dt");
      const dd = document.createElement("dd");
      dt.textContent = key;
      dd.textContent = info.config[key];
      return [dt, dd];
    }));
  }
}

function showEmpty() {
  const box = document.createElement("div");
  box.className = "empty";
  const text = document.createElement("p");
  text.textContent = "No connector yet. Register one by REST, or with headgate apply -f connector.json:";
  const example = document.createElement("pre");
  example.textContent = `curl -X POST ${location.origin}/connectors -H 'Content-Type: application/json' -d @connector.json`;
  box.append(text, example);
  $("connectors").replaceChildren(box);
}

function summary(all) {
  const failed = all.filter((c) => c.status.connector.state === "FAILED" || c.status.tasks.some((t) => t.state === "FAILED"));
  const waiting = all.filter((c) => c.status.tasks.some((t) => t.condition));
  const parts = [`${all.length} connector${all.length === 1 ? "" : "s"}`];
  if (failed.length) parts.push(`${failed.length} with a failure: ${failed.map((c) => c.info.name).join(", ")}`);
  if (waiting.length) parts.push(`${waiting.length} waiting`);
  if (all.length && !failed.length && !waiting.length) parts.push("all well");
  return parts.join(", ");
}

async function refresh() {
  if (busy) return;
  busy = true;
  try {
    const [root, connectors, text] = await Promise.all([
      askJson("."), askJson("connectors?expand=info&expand=status"), ask("metrics").catch(() => ""),
    ]);
    const now = performance.now();
    const metrics = parseMetrics(text);
    setText($("worker"), `${location.host} · Headgate ${root.headgate_version || "?"} (${root.core || "?"} core) · Kafka ${root.kafka_cluster_id || "?"}`);
    const names = Object.keys(connectors).sort();
    setText($("summary"), summary(names.map((n) => connectors[n])));
    if (names.length) {
      if ($("connectors").querySelector(".empty")) $("connectors").replaceChildren();
      reconcile($("connectors"), names, (c) => c.dataset.name, connectorCard);
      for (const card of $("connectors").children) showConnector(card, connectors[card.dataset.name], metrics, now);
    } else if (!$("connectors").querySelector(".empty")) showEmpty();
    setText($("asked"), `as of ${new Date().toLocaleTimeString()}`);
    if ($("problem").dataset.gone) { showProblem(""); delete $("problem").dataset.gone; }
  } catch (error) {
    showProblem(`The worker does not answer as it should: ${error.message}`);
    $("problem").dataset.gone = "1";
  } finally {
    busy = false;
  }
}

refresh();
setInterval(() => { if ($("refresh").checked && !document.hidden) refresh(); }, EVERY_MS);
