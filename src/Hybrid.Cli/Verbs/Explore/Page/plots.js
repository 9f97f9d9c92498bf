// The curves and the diagrams, by plotly.js.

const dark = matchMedia("(prefers-color-scheme: dark)");
const tone = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Blue over the paper's tone to orange: distinct under colour-vision deficiencies, equal in lightness at equal distance from zero.
const diverging = () => dark.matches
  ? [[0, "#7cc0ee"], [.25, "#2f7fb8"], [.5, "#1b222b"], [.75, "#c2681f"], [1, "#ffb170"]]
  : [[0, "#08457e"], [.2, "#2b7bba"], [.38, "#8fc1e3"], [.5, "#f7f7f7"], [.62, "#fbc084"], [.8, "#dd721e"], [1, "#8c3b04"]];
const sequential = () => dark.matches
  ? [[0, "#151b23"], [.5, "#2f7fb8"], [1, "#bfe3ff"]] : [[0, "#f7fbff"], [.5, "#6baed6"], [1, "#08306b"]];

const config = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };

function layout(extra) {
  const ink = tone("--ink"), line = tone("--line"), soft = tone("--soft");
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: soft, tickfont: { color: soft }, automargin: true, fixedrange: true };
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, size: 12.5, family: "system-ui, DejaVu Sans, sans-serif" },
    margin: { l: 48, r: 10, t: 8, b: 34 }, showlegend: false, hovermode: "x unified", dragmode: false,
    hoverlabel: { bgcolor: tone("--card"), bordercolor: line, font: { color: ink } },
    ...extra,
    xaxis: { ...axis, ...extra.xaxis }, yaxis: { ...axis, ...extra.yaxis },
  };
}

const panels = [
  { id: "plot-u", symbol: "1 − ρ", log: true, curves: [["u", "1 − ρ", "u"]] },
  { id: "plot-q", symbol: "q", log: true, curves: [["q", "q", "q"]] },
  { id: "plot-g", symbol: "g_d", log: true, curves: [["gradientDiagonal", "g_d", "gradientDiagonal"]] },
  { id: "plot-l", symbol: "λ", log: false, curves: [["angleExponent", "λ_a"], ["gradientExponent", "λ_g"]] },
];

// Values that a logarithm shows: what is 0 or less leaves a gap.
const positive = values => values.map(value => (value > 0 ? value : null));

// Exponents are logs of numbers near 1: below 1e-12 there is only rounding.
const settled = values => values.map(value => (Math.abs(value) < 1e-12 && value !== null ? 0 : value));

/** Draws the layers of both sides; each has {layers, measured, name, coarse}. */
export function drawLayers(sides) {
  for (const panel of panels) {
    const traces = [];
    for (const [key, side] of Object.entries(sides)) {
      if (!side)
        continue;
      panel.curves.forEach(([field, symbol, measured], index) => {
        const y = side.layers.map(layer => layer[field]);
        traces.push({
          type: "scatter", mode: "lines", name: `${symbol} of ${side.name}`,
          x: side.layers.map(layer => layer.layer), y: panel.log ? positive(y) : settled(y),
          line: { color: tone(`--${key}`), width: index ? 1.8 : 2.6, dash: index ? "dot" : key === "b" ? "dash" : "solid" },
          opacity: side.coarse ? .55 : 1,
          hovertemplate: "%{y:.4g}",
        });
        if (measured && side.measured)
          traces.push(points(key, side, measured, panel.log));
      });
    }
    const text = panel.log ? undefined : panel.curves.map(curve => curve[1]).join(" —   ") + " ···";
    Plotly.react(panel.id, traces, layout({
      xaxis: { title: { text: "layer", standoff: 4, font: { size: 12, color: tone("--soft") } }, rangemode: "tozero", zeroline: false },
      yaxis: panel.log ? logAxis(traces) : { zeroline: true, nticks: 6, rangemode: "tozero" },
      annotations: text ? [{ text, showarrow: false, xref: "paper", yref: "paper", x: 1, y: 1.02, yanchor: "bottom", font: { size: 12, color: tone("--soft") } }] : [],
      margin: text ? { l: 48, r: 10, t: 22, b: 34 } : { l: 48, r: 10, t: 8, b: 34 },
    }), config);
  }
}

// An axis of factors: at least a third of a decade, ticks at 1, 2 and 5 of every power of ten, or at fewer.
function logAxis(traces) {
  const all = traces.flatMap(trace => trace.y).filter(value => value > 0);
  if (!all.length)
    return { type: "log" };
  let low = Math.log10(Math.min(...all)), high = Math.log10(Math.max(...all));
  const pad = Math.max(.03, .06 * (high - low), .5 * (.3 - (high - low)));
  [low, high] = [low - pad, high + pad];
  const decades = high - low, stride = Math.max(1, Math.ceil(decades / 6));
  const digits = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : decades > .7 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
  const ticks = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++)
    for (const digit of digits)
      if (power % stride === 0 && Math.log10(digit) + power >= low && Math.log10(digit) + power <= high)
        ticks.push(digit * 10 ** power);
  return { type: "log", range: [low, high], tickvals: ticks, ticktext: ticks.map(tickText) };
}

const superscript = power => [...String(power)].map(c => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");

function tickText(value) {
  const power = Math.floor(Math.log10(value) + 1e-9), digit = Number((value / 10 ** power).toPrecision(3));
  return power >= -3 && power <= 4 ? String(Number(value.toPrecision(3))) : `${digit === 1 ? "" : `${digit}·`}10${superscript(power)}`;
}

function points(key, side, field, log) {
  const values = side.measured.layers.map(layer => layer[field]);
  const means = values.map(value => value.mean);
  return {
    type: "scatter", mode: "markers", name: `${side.measured.samples} networks`,
    x: side.measured.layers.map(layer => layer.layer), y: log ? positive(means) : means,
    error_y: { type: "data", array: values.map(value => value.standardError), color: tone("--ink"), thickness: 1.2, width: 3 },
    marker: { color: tone(`--${key}`), size: 7, symbol: key === "b" ? "square" : "circle", line: { color: tone("--card"), width: 1 } },
    hovertemplate: "%{y:.4g} measured",
  };
}

/** Draws a phase diagram; `grid` is the server's, `point` where the record is, `other` where the other one is. */
export function drawPhase(id, grid, { x, y, colour, point, key }) {
  const values = grid[colour], finite = values.flat().filter(Number.isFinite);
  const isRho = colour === "rho", reach = Math.max(1e-12, ...finite.map(Math.abs));
  const symbol = { angleExponent: "λ_a", gradientExponent: "λ_g", rho: "ρ*" }[colour];
  const zero = colour === "angleExponent" ? grid.angleZero : colour === "gradientExponent" ? grid.gradientZero : grid.angleZero;
  const traces = [{
    type: "heatmap", x: grid.x.values, y: grid.y.values, z: values, zsmooth: "best",
    colorscale: isRho ? sequential() : diverging(), zmin: isRho ? 0 : -reach, zmax: isRho ? 1 : reach,
    colorbar: { thickness: 10, outlinewidth: 0, tickfont: { color: tone("--soft") }, title: { text: symbol, side: "top", font: { size: 13 } }, tickformat: ".2~g", nticks: 5 },
    hovertemplate: `${x.path} %{x:.4g}<br>${y.path} %{y:.4g}<br>${symbol} %{z:.4g}<extra></extra>`,
  }];
  for (const line of zero)
    traces.push({ type: "scatter", mode: "lines", x: line.map(at => at[0]), y: line.map(at => at[1]), line: { color: tone("--ink"), width: 2.2 }, hoverinfo: "skip" });
  if (point)
    traces.push({
      type: "scatter", mode: "markers", x: [point[0]], y: [point[1]], hoverinfo: "skip", cliponaxis: false,
      marker: { size: 15, color: tone(`--${key}`), symbol: key === "b" ? "square" : "circle", line: { color: "#ffffff", width: 3 } },
    });
  Plotly.react(id, traces, layout({
    hovermode: "closest", margin: { l: 52, r: 8, t: 8, b: 42 },
    xaxis: { title: { text: x.title, standoff: 6 }, range: [x.low, x.high], zeroline: false, showgrid: false },
    yaxis: { title: { text: y.title, standoff: 6 }, range: [y.low, y.high], zeroline: false, showgrid: false },
    annotations: isRho ? [] : regions(grid, values, colour === "angleExponent" ? ["order", "chaos"] : ["vanish", "explode"]),
  }), config);
}

// A word where a sign's cells are widest, away from the other sign and from the border, if there is room for it.
function regions(grid, values, words) {
  const rows = values.length, columns = values[0].length, stride = Math.ceil(columns / 25);
  const cells = [];
  for (let j = 0; j < rows; j += stride)
    for (let i = 0; i < columns; i += stride)
      cells.push({ i, j, x: (i + .5) / columns, y: (j + .5) / rows, sign: Math.sign(Math.abs(values[j][i]) < 1e-9 ? 0 : values[j][i]) });
  return words.flatMap((text, index) => {
    const own = cells.filter(cell => cell.sign === (index ? 1 : -1)), others = cells.filter(cell => cell.sign !== (index ? 1 : -1));
    let best = null, widest = .045;
    for (const cell of own) {
      const border = Math.min(.6 * cell.x, .6 * (1 - cell.x), cell.y, 1 - cell.y);
      const room = others.reduce((least, other) => Math.min(least, Math.hypot(.6 * (cell.x - other.x), cell.y - other.y)), border);
      if (room > widest)
        [best, widest] = [cell, room];
    }
    return best ? [{
      x: grid.x.values[best.i], y: grid.y.values[best.j], text, showarrow: false,
      font: { size: 16, color: "#ffffff" }, bgcolor: "rgba(13,17,23,.6)", borderpad: 3,
    }] : [];
  });
}

/** Where a pointer's event is in a diagram, in its axes' units; null beside it. */
export function placeOf(id, event) {
  const plot = document.getElementById(id), { xaxis, yaxis } = plot._fullLayout;
  const box = plot.getBoundingClientRect();
  const i = event.clientX - box.left - xaxis._offset, j = event.clientY - box.top - yaxis._offset;
  return i < 0 || j < 0 || i > xaxis._length || j > yaxis._length ? null : [xaxis.p2d(i), yaxis.p2d(j)];
}

/** The plots as one SVG document, stacked in two columns. */
export async function svgOf(ids) {
  const width = 560, height = 320, columns = ids.length > 1 ? 2 : 1;
  const parts = [];
  for (const [index, id] of ids.entries()) {
    const url = await Plotly.toImage(id, { format: "svg", width, height });
    const text = decodeURIComponent(url.slice(url.indexOf(",") + 1)).replace(/^<\?xml.*?\?>/, "");
    const caption = document.getElementById(id).closest("figure")?.querySelector("figcaption")?.textContent ?? "";
    const [left, top] = [index % columns * width, Math.floor(index / columns) * (height + 24)];
    parts.push(`<text x="${left + 48}" y="${top + 16}" font-family="sans-serif" font-size="14" fill="${tone("--ink")}">${caption}</text>`,
      text.replace("<svg ", `<svg x="${left}" y="${top + 22}" `));
  }
  const rows = Math.ceil(ids.length / columns);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${columns * width}" height="${rows * (height + 24)}">`
    + `<rect width="100%" height="100%" fill="${tone("--card")}"/>${parts.join("")}</svg>`;
}

export const layerPlots = panels.map(panel => panel.id);
dark.addEventListener("change", () => document.dispatchEvent(new Event("scheme")));
