// The page: what is asked, what is shown, and what the address holds. Every number comes from the server.

import { Controls } from "./controls.js";
import { drawLayers, drawPhase, layerPlots, placeOf, svgOf } from "./plots.js";
import { at, changes, command, fragment, nearest, parse } from "./state.js";

const byId = id => document.getElementById(id);
// an exponent is the log of a number near 1: below 1e-12 there is only rounding
const text = (value, digits = 4) => (Number.isFinite(value) ? short(value, digits) : "–");
const exponent = value => text(value !== null && Math.abs(value) < 1e-12 ? 0 : value);
const sizes = [[13, 9], [25, 19], [49, 37]];
// a refinement is asked for where it should take less than two seconds
const patience = 500;

function short(value, digits) {
  const size = Math.abs(value);
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const plain = size !== 0 && (size < 1e-3 || size >= 1e6)
    ? `${Number(mantissa)}e${Number(power)}` : Number(value.toPrecision(digits)).toString();
  return plain.replaceAll("-", "−");
}

const side = () => ({ record: null, pending: new Map(), answer: null, controls: null, flying: null, first: false, measured: null, phase: {} });
// anew: the side whose next answer says what the axes span
const page = { fields: [], presets: [], a: side(), b: null, active: "a", x: null, y: null, anew: null, colour: "angleExponent" };
let form;

/** Asks for documents, one a line; `each` gets them as they come. */
async function ask(path, body, signal, each) {
  const response = await fetch(path, { method: "POST", body: JSON.stringify(body), signal });
  const reader = response.body.getReader(), decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value, { stream: !done });
    const lines = rest.split("\n");
    rest = lines.pop();
    for (const line of lines)
      each(JSON.parse(line), response.ok);
    if (done)
      return;
  }
}

const sides = () => (page.b ? ["a", "b"] : ["a"]);

/** Changes fields of a side; what was asked before and is not answered yet is asked again with it. */
function change(key, values) {
  for (const [path, value] of Object.entries(values))
    page[key].pending.set(path, typeof value === "string" ? value : JSON.stringify(value));
  predict(key);
}

/** Another record in a side's place; what was asked of the one before is of no use. */
function replace(key, record, list = []) {
  const own = page[key];
  own.flying?.abort();
  own.first = false;
  own.record = structuredClone(record);
  own.pending = new Map(list.map(one => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]));
  predict(key);
}

/** Asks for the prediction of a side: not before the last question has its first answer, and then no longer for the rest of that. */
async function predict(key) {
  const own = page[key];
  if (own.first) {
    own.again = true;
    return;
  }
  own.flying?.abort();
  const flight = own.flying = new AbortController();
  const sent = new Map(own.pending);
  own.first = true;
  own.again = false;
  mark(key, true);
  let exact = false;
  try {
    const body = { architecture: own.record, set: [...sent].map(([path, value]) => `${path}=${value}`) };
    await ask("predict", body, flight.signal, (answer, ok) => {
      if (flight !== own.flying || page[key] !== own)
        return;
      const waited = own.first;
      own.first = false;
      for (const [path, value] of sent)
        if (own.pending.get(path) === value)
          own.pending.delete(path);
      if (answer.error) {
        fail(key, answer, sent);
        exact = true;
      } else {
        exact = !answer.coarse;
        show(key, answer);
      }
      if (waited && own.again)
        predict(key);
    });
  } catch (error) {
    if (error.name !== "AbortError")
      lost(error);
  } finally {
    if (flight === own.flying && page[key] === own) {
      own.first = false;
      mark(key, !exact);
      if (own.again)
        predict(key);
    }
  }
}

function lost(error) {
  console.warn(error);
  say("hybrid explore has ended, or is busy: start it again, or reload", true);
}

function fail(key, answer, sent) {
  const paths = answer.fields?.length ? answer.fields : [...sent.keys()];
  if (key === page.active)
    form.fails(answer.error.replace(/^(--set [^:]*|the page's request): /, ""), paths);
  if (!page[key].answer || !sent.size)
    say(answer.error);
}

function mark(key, busy) {
  page[key].busy = busy;
  byId(`verdict-${key}`)?.classList.toggle("busy", busy);
  document.body.dataset.busy = String(sides().some(one => page[one].busy));
}

function show(key, answer) {
  const own = page[key];
  if (own.measured && JSON.stringify(own.measured.architecture) !== JSON.stringify(answer.architecture)) {
    own.measured = null;
    byId("forget").hidden = !sides().some(one => page[one].measured);
  }
  own.record = answer.architecture;
  own.answer = answer;
  own.controls = answer.controls;
  if (key === page.active) {
    form.show(answer.controls);
    showPreset();
  }
  showVerdict(key);
  showLayers();
  axes(key);
  phase(key);
  keep();
}

// What the address holds, a moment after the last change: browsers count how often it is written.
let keeping = 0;
function keep() {
  clearTimeout(keeping);
  keeping = setTimeout(() => history.replaceState(null, "", `#${link()}`), 150);
}
const link = () => fragment(page.fields, page.presets, { a: page.a.record, b: page.b?.record, x: page.x, y: page.y, colour: page.colour });

function node(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function showVerdict(key) {
  const { answer } = page[key], { trainable, layers } = answer;
  let card = byId(`verdict-${key}`);
  if (!card)
    byId("verdicts").append(card = node("article", { id: `verdict-${key}`, className: "card verdict" }));
  const [, verdict, meaning] = /^verdict: (\w+): (.*)$/.exec(answer.sentence);
  card.style.setProperty("--tone", `var(--${verdict})`);
  card.dataset.verdict = verdict;
  card.dataset.coarse = String(Boolean(answer.coarse));
  const last = layers.at(-1);
  const numbers = [
    ["counted", "counted", trainable.counted], ["λ_a", "angleExponent", answer.angleExponent],
    ["λ_g", "gradientExponent", answer.gradientExponent], ["1 − ρ at the output", "u", last.u], ["q at the output", "q", last.q],
    ["g_d at the input", "gradientDiagonal", layers[0].gradientDiagonal],
  ];
  const list = node("dl", { className: "numbers" }, ...numbers.map(([label, name, value]) => {
    const cell = node("dd", {}, label.startsWith("λ") ? exponent(value) : text(value));
    cell.dataset.number = name;
    cell.dataset.value = value ?? "";
    if (name === "counted" && answer.coarse && trainable.countedError)
      cell.append(` ± ${text(trainable.countedError, 2)}`);
    return node("div", {}, node("dt", {}, label), cell);
  }));
  const title = node("h2", {}, ...(page.b ? [node("i", { className: `mark ${key}` })] : []), answer.architecture.name ?? "",
    node("span", { className: answer.coarse ? "badge" : "badge exact" }, answer.coarse ? `${answer.coarse}; the exact answer follows` : "exact"));
  const more = node("details", {}, node("summary", {}, "why, and how sure"),
    node("p", {}, answer.distance), ...(answer.evidence ? [node("p", {}, answer.evidence)] : []),
    node("ul", {}, ...trainable.reasons.map(reason => node("li", {}, reason)),
      ...trainable.caveats.slice(0, 3).map(caveat => node("li", {}, `${caveat.effect}: ${caveat.text}`))));
  more.open = card.querySelector("details")?.open ?? false;
  const differs = key === "b" ? changes(page.fields, page.a.record, page.b.record).filter(one => !one.startsWith("name=")) : [];
  card.replaceChildren(title, node("p", { className: "sentence" }, node("b", {}, verdict), `: ${meaning}`), scale(trainable), list,
    ...(key === "b" ? [node("p", { className: "hint" }, differs.length ? `differs from A in ${differs.map(brief).join(", ")}` : "the same as A")] : []), more);
  byId(`side-${key}`).querySelector("span").textContent = `${key.toUpperCase()}: ${answer.architecture.name ?? ""}`;
}

const brief = change => change.replace(/=(-?\d.*)$/, (_, number) => ` = ${Number.isFinite(Number(number)) ? text(Number(number)) : number}`);

// What is counted beside its limits, of which 8 is the right end.
function scale({ counted, limits }) {
  const place = value => `${100 * Math.min(1, Math.max(0, value / 8))}%`;
  const bar = node("div", { className: "scale", title: "what is counted: trainable up to 3, untrainable beyond 5" });
  bar.setAttribute("aria-hidden", "true");
  for (const limit of [0, limits.trainable, limits.untrainable])
    bar.append(Object.assign(node("span", {}, String(limit)), { style: `left:${place(limit)}` }));
  if (counted !== null)
    bar.append(Object.assign(node("i"), { style: `left:${place(counted)}` }));
  return bar;
}

function showLayers() {
  const shown = {};
  for (const key of sides()) {
    const { answer, measured } = page[key];
    if (answer)
      shown[key] = { layers: answer.layers, measured, name: page.b ? key.toUpperCase() : answer.architecture.name, coarse: answer.coarse };
  }
  drawLayers(shown);
}

// A range about the record's own value, within its slider's; of what is 0 or more it begins beside 0, where most networks are none.
function around(path, own) {
  const control = own.controls[path], value = Math.abs(first(control.value) ?? 1);
  if (control.stops)
    return { low: control.stops[0], high: control.stops.at(-1) };
  const high = value === 0 ? control.high : Math.min(control.high, rounded(2 * value));
  return { low: control.low < 0 ? control.low : Number((high / 50).toPrecision(2)), high };
}
const rounded = value => {
  const power = 10 ** Math.floor(Math.log10(value));
  return Number(([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(digit => digit * power >= value * .999) * power).toPrecision(3));
};
const first = value => (Array.isArray(value) ? value[0] : value);
const placeIn = (record, axis) => {
  const value = at(record, axis.path) ?? page.fields.find(field => field.path === axis.path).absent;
  return typeof value === "number" ? value : null;
};

function axes(key = page.active) {
  const shown = page[page.active].controls ? page[page.active] : page[key], anew = page.anew === key;
  page.anew = anew ? null : page.anew;
  for (const name of ["x", "y"]) {
    const axis = page[name], value = placeIn(shown.record, axis);
    if (anew || axis.low === undefined || (value !== null && !(value >= axis.low && value <= axis.high))) {
      const own = around(axis.path, shown);
      const low = value === null ? own.low : Math.min(own.low, value), high = value === null ? own.high : Math.max(own.high, value);
      page[name] = { path: axis.path, low, high };
    }
    const field = page.fields.find(one => one.path === axis.path);
    page[name].title = field.symbol ? `${field.symbol} · ${axis.path}` : axis.path;
  }
}

/** The diagram of a side, where what it depends on has changed; else only its point moves. */
function phase(key) {
  const own = page[key], { phase } = own;
  let box = byId(`phase-${key}`);
  if (!box) {
    box = node("div", { id: `phase-${key}`, className: "phase" }, node("h3", {}), node("p", { className: "message", hidden: true }),
      node("div", { id: `diagram-${key}`, className: "plot", tabIndex: 0 }));
    box.lastChild.setAttribute("role", "application");
    box.lastChild.addEventListener("click", event => goTo(key, placeOf(`diagram-${key}`, event)));
    box.lastChild.addEventListener("keydown", event => step(key, event));
    byId("phases").append(box);
  }
  box.querySelector("h3").replaceChildren(...(page.b ? [node("i", { className: `mark ${key}` }), own.answer.architecture.name] : []));
  const record = structuredClone(own.record);
  record.name = "";
  for (const axis of [page.x, page.y]) {
    const [group, name] = axis.path.includes(".") ? axis.path.split(".") : [null, axis.path];
    delete (group ? record[group] : record)[name];
  }
  const question = JSON.stringify([record, page.x.path, page.x.low, page.x.high, page.y.path, page.y.low, page.y.high]);
  if (phase.question !== question) {
    phase.question = question;
    box.setAttribute("aria-busy", "true");
    refine(key, 0, { architecture: own.record, x: page.x, y: page.y });
  } else {
    point(key);
  }
}

/** Asks for a diagram of one size, and for the next where that takes no time: of the same record and axes, whatever is asked since. */
async function refine(key, level, { architecture, x, y }) {
  const own = page[key], { phase } = own;
  phase.flying?.abort();
  const flight = phase.flying = new AbortController();
  const [nx, ny] = sizes[level], begin = performance.now();
  const box = byId(`phase-${key}`), message = box.querySelector(".message");
  const slow = setTimeout(() => {
    message.hidden = false;
    message.textContent = "The diagram is being computed …";
  }, 700);
  const axis = ({ path, low, high }, count) => {
    const whole = page.fields.find(field => field.path === path).control === "whole";
    return `${path}=${low}:${high}:${whole ? Math.max(2, Math.min(count, high - low + 1)) : count}`;
  };
  try {
    await ask("phase", { architecture, x: axis(x, nx), y: axis(y, ny) }, flight.signal, answer => {
      if (flight !== phase.flying || page[key] !== own)
        return;
      clearTimeout(slow);
      message.hidden = !answer.error;
      byId(`diagram-${key}`).hidden = Boolean(answer.error);
      message.textContent = answer.error ? `No diagram here: ${answer.error}` : "";
      phase.grid = answer.error ? null : answer;
      phase.level = level;
      point(key);
      const took = performance.now() - begin, next = sizes[level + 1];
      if (!answer.error && next && took < patience)
        setTimeout(() => flight === phase.flying && refine(key, level + 1, { architecture, x, y }), 60);
      else
        box.setAttribute("aria-busy", "false");
    });
  } catch (error) {
    if (error.name !== "AbortError")
      lost(error);
  } finally {
    clearTimeout(slow);
  }
}

function point(key) {
  const { phase, record } = page[key];
  if (!phase.grid || phase.grid.x.paths[0] !== page.x.path || phase.grid.y.paths[0] !== page.y.path)
    return;
  const place = [placeIn(record, page.x), placeIn(record, page.y)];
  drawPhase(`diagram-${key}`, phase.grid, { x: page.x, y: page.y, colour: page.colour, point: place.includes(null) ? null : place, key });
  byId(`diagram-${key}`).setAttribute("aria-label", `Phase diagram: ${page.x.path} ${text(place[0])} across, ${page.y.path} ${text(place[1])} up`);
}

function goTo(key, place) {
  if (!place)
    return;
  const values = {};
  [page.x, page.y].forEach((axis, k) => {
    const whole = page.fields.find(field => field.path === axis.path).control === "whole";
    const inside = Math.min(axis.high, Math.max(axis.low, place[k]));
    values[axis.path] = whole ? Math.round(inside) : Number(inside.toPrecision(4));
  });
  change(key, values);
}

function step(key, event) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
  const { record } = page[key], place = [placeIn(record, page.x), placeIn(record, page.y)];
  if (!way || place.includes(null))
    return;
  event.preventDefault();
  const size = event.shiftKey ? .1 : .02;
  goTo(key, [page.x, page.y].map((axis, k) => {
    const whole = page.fields.find(field => field.path === axis.path).control === "whole";
    const one = Math.max(whole ? 1 : 0, size * (axis.high - axis.low));
    return place[k] + way[k] * one;
  }));
}

let running = null;
async function measure() {
  const key = page.active, own = page[key], flight = running = new AbortController();
  const progress = byId("progress"), bar = progress.querySelector("progress"), words = progress.querySelector("span");
  const networks = Number(byId("networks").value);
  byId("measure").hidden = true;
  byId("stop").hidden = progress.hidden = false;
  words.textContent = "drawing networks …";
  bar.value = 0;
  try {
    await ask("measure", { architecture: own.record, networks }, flight.signal, answer => {
      if (answer.error) {
        say(answer.error);
      } else if (answer.layers) {
        own.measured = answer;
        byId("forget").hidden = false;
        showLayers();
        say(`${answer.samples} networks of width ${answer.architecture.width}, engine ${answer.engine}, seed ${answer.seed}, ${answer.seconds} s`);
      } else {
        bar.value = answer.done / answer.networks;
        words.textContent = `${answer.done} of ${answer.networks} networks of ${own.record.name ?? "this"}, width ${own.record.width}`;
      }
    });
  } catch (error) {
    if (error.name !== "AbortError")
      lost(error);
  } finally {
    byId("measure").hidden = false;
    byId("stop").hidden = progress.hidden = true;
  }
}

let hush = 0;
function say(message, stays = false) {
  clearTimeout(hush);
  byId("note").textContent = message;
  if (!stays)
    hush = setTimeout(() => (byId("note").textContent = ""), 6000);
}

async function copy(what, content) {
  try {
    await navigator.clipboard.writeText(content);
    say(`${what} copied`);
  } catch {
    // a browser that keeps its clipboard to itself still downloads
    const file = what.includes("SVG") ? "layers.svg" : what.includes("JSON") ? "architecture.json" : "hybrid.txt";
    const anchor = node("a", { href: URL.createObjectURL(new Blob([content], { type: "text/plain" })), download: file });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
    say(`the browser does not let this page copy: ${what} is in ${file}`);
  }
  document.body.dataset.copied = content;
}

function showPreset() {
  const { name, list } = nearest(page.fields, page.presets, page[page.active].record);
  byId("preset").value = list.length ? "" : name;
}

function activate(key) {
  page.active = key;
  document.querySelector("aside").classList.toggle("second", key === "b");
  for (const one of ["a", "b"])
    byId(`side-${one}`).setAttribute("aria-pressed", String(one === key));
  if (page[key].controls)
    form.show(page[key].controls);
  showPreset();
}

function second(record) {
  if (page.b) {
    page.b.flying?.abort();
    page.b = null;
    byId("verdict-b")?.remove();
    byId("phase-b")?.remove();
    activate("a");
    showVerdict("a");
    phase("a");
    showLayers();
    keep();
  } else {
    page.b = side();
    page.b.record = structuredClone(record ?? page.a.record);
    activate("b");
    if (page.a.answer) {
      showVerdict("a");
      phase("a");
    }
    predict("b");
  }
  byId("sides").hidden = !page.b;
  byId("compare").setAttribute("aria-pressed", String(Boolean(page.b)));
  byId("compare").textContent = page.b ? "Only one" : "Compare with a second";
  requestAnimationFrame(() => dispatchEvent(new Event("resize")));
}

function load() {
  const said = parse(location.hash);
  if (said?.x && page.fields.some(field => field.path === said.x.path))
    page.x = said.x;
  if (said?.y && page.fields.some(field => field.path === said.y.path))
    page.y = said.y;
  page.colour = ["angleExponent", "gradientExponent", "rho"].includes(said?.colour) ? said.colour : page.colour;
  byId("axis-x").value = page.x.path;
  byId("axis-y").value = page.y.path;
  byId("colour").value = page.colour;
  const known = one => one && page.presets.find(preset => preset.architecture.name === one.preset)?.architecture;
  const [a, b] = [known(said?.a), known(said?.b)];
  replace("a", a ?? page.start, a ? said.a.list : []);
  if (Boolean(b) !== Boolean(page.b))
    second(b);
  if (b)
    replace("b", b, said.b.list);
  activate("a");
}

async function begin() {
  let first;
  await ask("start", {}, undefined, answer => (first = answer));
  page.fields = first.fields;
  page.presets = first.presets;
  page.start = first.architecture;
  page.x = { path: "mlp.inStd" };
  page.y = { path: "mlp.branch" };
  form = new Controls(byId("controls"), first.fields, (path, value) => change(page.active, { [path]: value }));
  byId("preset").append(new Option("changed", ""), ...first.presets.map(preset => {
    const option = new Option(preset.architecture.name, preset.architecture.name);
    option.title = preset.description;
    return option;
  }));
  for (const axis of ["x", "y"]) {
    const select = byId(`axis-${axis}`);
    const swept = first.fields.filter(field => ["number", "whole"].includes(field.control) && !field.optional);
    select.append(...swept.map(field => new Option(field.symbol ? `${field.symbol} · ${field.path}` : field.path, field.path)));
    select.addEventListener("change", () => {
      const other = axis === "x" ? "y" : "x";
      if (page[other].path === select.value) {
        page[other] = { path: page[axis].path };
        byId(`axis-${other}`).value = page[other].path;
      }
      page[axis] = { path: select.value };
      axes();
      sides().forEach(phase);
      keep();
    });
  }
  byId("about").textContent = `hybrid ${first.version} · seed ${first.seed} · nothing leaves this machine. ${first.legend}`;
  if (first.import) {
    byId("import").hidden = false;
    byId("import").querySelector("ul").append(...[`imported from ${first.import.source}: model type ${first.import.modelType}`, ...first.import.notes]
      .map(note => node("li", {}, note)));
  }
  byId("legend").textContent = "Lines: theory at infinite width. Points: measured random networks, mean ± standard error. Faint lines: a coarse answer.";
  listen();
  load();
}

function listen() {
  byId("preset").addEventListener("change", event => {
    const preset = page.presets.find(one => one.architecture.name === event.target.value);
    if (!preset)
      return;
    page.anew = page.active;
    replace(page.active, preset.architecture);
  });
  byId("colour").addEventListener("change", event => {
    page.colour = event.target.value;
    sides().forEach(point);
    keep();
  });
  byId("compare").addEventListener("click", () => second());
  byId("side-a").addEventListener("click", () => activate("a"));
  byId("side-b").addEventListener("click", () => activate("b"));
  byId("measure").addEventListener("click", measure);
  byId("stop").addEventListener("click", () => ask("stop", {}, undefined, () => {}).catch(lost));
  byId("forget").addEventListener("click", () => {
    sides().forEach(key => (page[key].measured = null));
    byId("forget").hidden = true;
    showLayers();
  });
  const menu = document.querySelector(".menu");
  const copies = {
    "copy-link": () => copy("link", `${location.href.split("#")[0]}#${link()}`),
    "copy-json": () => copy("JSON", `${JSON.stringify(page[page.active].record, null, 2)}\n`),
    "copy-command": () => copy("command", command(page.fields, page.presets, page[page.active].record)),
    "copy-svg": async () => copy("layers as SVG", await svgOf(layerPlots)),
    "copy-phase": async () => copy("phase diagram as SVG", await svgOf(sides().filter(key => page[key].phase.grid).map(key => `diagram-${key}`))),
  };
  for (const [id, action] of Object.entries(copies))
    byId(id).addEventListener("click", () => {
      menu.open = false;
      action();
    });
  document.addEventListener("click", event => menu.contains(event.target) || (menu.open = false));
  document.addEventListener("keydown", event => event.key === "Escape" && (menu.open = false));
  document.addEventListener("scheme", () => {
    showLayers();
    sides().forEach(point);
  });
  addEventListener("hashchange", load);
}

begin().catch(lost);
