// The figures of a report by plotly.js, in place of the drawings that stand there without it and on paper.
"use strict";
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const tone = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const { light, dark: lightened } = JSON.parse(document.getElementById("series-colours").textContent);
  const shade = colour => (dark.matches && light.includes(colour) ? lightened[light.indexOf(colour)] : colour);
  const narrow = matchMedia("(max-width: 640px)");

  // Series have other colours on black; what is coloured by its values keeps them.
  const shaded = node => Array.isArray(node) ? node
    : node && typeof node === "object" ? Object.fromEntries(Object.entries(node).map(([key, value]) => [key, shaded(value)]))
    : shade(node);

  function layoutOf(plot) {
    const ink = tone("--ink"), line = tone("--line");
    const axis = given => ({ gridcolor: line, linecolor: line, zerolinecolor: line, automargin: true, nticks: 7, ...given });
    return {
      ...plot.layout, xaxis: axis(plot.layout.xaxis), yaxis: axis(plot.layout.yaxis),
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false, dragmode: narrow.matches ? false : "zoom",
      font: { color: ink, size: 12, family: "system-ui, DejaVu Sans, sans-serif" },
      hoverlabel: { bgcolor: tone("--faint"), bordercolor: line, font: { color: ink } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: line, activecolor: ink },
      margin: { l: 48, r: 12, t: 10, b: 40 }, height: plot.layout.height ?? 300,
    };
  }

  function show(figure) {
    const plots = JSON.parse(figure.querySelector("script").textContent), hidden = new Set();
    const legend = document.createElement("div"), grid = document.createElement("div");
    [legend.className, grid.className] = ["legend", "plots"];
    const boxes = plots.map(plot => {
      const panel = document.createElement("div"), title = document.createElement("div"), box = document.createElement("div");
      panel.className = plot.wide ? "panel wide-panel" : "panel";
      [title.className, title.innerHTML] = ["panel-title", plot.title];
      panel.append(title, box);
      grid.append(panel);
      return box;
    });
    const traces = plot => plot.traces.map(trace => ({ ...shaded(trace), visible: !hidden.has(trace.name) }));
    const draw = () => boxes.forEach((box, i) => Plotly.react(
      box, traces(plots[i]), layoutOf(plots[i]), { responsive: true, displaylogo: false, displayModeBar: "hover" }));
    const series = new Map(plots.flatMap(plot => plot.traces).filter(trace => trace.name).map(trace => [trace.name, trace]));
    for (const [name, trace] of series) {
      const key = document.createElement("button"), swatch = document.createElement("span");
      const colour = trace.line?.color ?? trace.marker?.color;
      swatch.dataset.colour = typeof colour === "string" ? colour : "";
      key.type = "button";
      key.ariaPressed = "true";
      key.append(swatch, name);
      key.addEventListener("click", () => {
        hidden.has(name) ? hidden.delete(name) : hidden.add(name);
        key.ariaPressed = String(!hidden.has(name));
        draw();
      });
      legend.append(key);
    }
    const paint = () => legend.querySelectorAll("span").forEach(swatch => {
      swatch.style.background = shade(swatch.dataset.colour) || tone("--line");
    });
    figure.querySelector("figcaption").before(legend, grid);
    const all = () => { paint(); draw(); };
    all();
    dark.addEventListener("change", all);
    narrow.addEventListener("change", all);
  }

  document.querySelectorAll("figure").forEach(show);
  document.documentElement.classList.add("live");
}
