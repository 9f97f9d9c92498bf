// One control for each row of the table of fields. What a field is, and how far its slider goes, the server says.

const groups = { "": "Shape", attention: "Attention", mlp: "MLP", input: "Input" };
const steps = 400;

const shown = value => (typeof value === "number" ? String(Number(value.toPrecision(6))) : JSON.stringify(value));

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    key in node && key !== "list" ? (node[key] = value) : node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** The form; `change(path, value, dragging)` is told of every change. */
export class Controls {
  constructor(form, fields, change) {
    this.form = form;
    this.change = change;
    this.rows = new Map();
    this.held = null;
    form.addEventListener("submit", event => event.preventDefault());
    for (const [group, title] of Object.entries(groups)) {
      const own = fields.filter(field => (field.path.includes(".") ? field.path.split(".")[0] : "") === group);
      const set = element("fieldset", {}, element("legend", {}, title));
      for (const field of own.filter(field => field.control !== "text"))
        set.append(this.row(field));
      form.append(set);
    }
  }

  row(field) {
    const id = `field-${field.path.replace(".", "-")}`;
    const name = field.path.split(".").at(-1);
    const label = element("label", { htmlFor: id, title: `${field.meaning}; ${field.legal}` }, name);
    if (field.symbol)
      label.append(element("small", {}, field.symbol));
    const box = element("div", { className: "field" }, label);
    const error = element("div", { className: "error", id: `${id}-error`, hidden: true });
    const row = { field, box, error, inputs: [] };
    const tell = (value, dragging = false) => this.change(field.path, value, dragging);
    if (field.control === "flag") {
      row.main = element("input", { type: "checkbox", id });
      row.main.addEventListener("change", () => tell(row.main.checked));
      box.append(row.main);
    } else if (field.control === "choice") {
      row.main = element("select", { id }, ...field.names.map(name => new Option(name, name)), new Option("other …", "\u0000"));
      row.long = element("input", { type: "text", className: "long", hidden: true });
      row.long.setAttribute("aria-label", `${name} as JSON`);
      row.long.placeholder = field.legal;
      row.main.addEventListener("change", () => {
        row.long.hidden = row.main.value !== "\u0000";
        if (row.long.hidden)
          tell(row.main.value);
        else
          row.long.focus();
      });
      row.long.addEventListener("change", () => tell(row.long.value));
      box.append(row.main, row.long);
    } else if (field.control === "record") {
      row.long = row.main = element("input", { type: "text", id, className: "long", placeholder: field.legal });
      row.main.addEventListener("change", () => tell(row.main.value.trim() || "null"));
      box.append(element("span"), row.main);
    } else {
      row.main = element("input", { type: "text", inputMode: "decimal", id });
      row.range = element("input", { type: "range", min: 0, max: steps, step: 1 });
      row.range.setAttribute("aria-label", `${name}, slider`);
      row.main.addEventListener("change", () => tell(row.main.value.trim() || (field.optional ? "null" : row.main.value)));
      row.range.addEventListener("input", () => {
        const value = this.ofSlider(row);
        row.main.value = shown(value);
        row.range.setAttribute("aria-valuetext", shown(value));
        this.held = row;
        tell(value, true);
      });
      row.range.addEventListener("change", () => {
        this.held = null;
        tell(this.ofSlider(row));
      });
      if (field.optional)
        row.main.placeholder = "none";
      box.append(row.main, row.range);
    }
    row.main.setAttribute("aria-describedby", error.id);
    box.append(error);
    this.rows.set(field.path, row);
    return box;
  }

  ofSlider(row) {
    const place = Number(row.range.value);
    if (row.stops)
      return row.stops[place];
    const value = row.low + (row.high - row.low) * place / steps;
    return Number(value.toPrecision(place === 0 || place === steps ? 15 : 4));
  }

  /** Shows the values and ends of an answer; the slider that is being dragged keeps its own. */
  show(controls) {
    for (const [path, control] of Object.entries(controls)) {
      const row = this.rows.get(path);
      if (!row || row === this.held)
        continue;
      this.fail(row, null);
      const { value } = control;
      if (row.field.control === "flag")
        row.main.checked = value;
      else if (row.field.control === "choice")
        this.showChoice(row, value);
      else if (row.field.control === "record")
        row.main.value = value === null ? "" : JSON.stringify(value);
      else
        this.showNumber(row, control);
    }
  }

  showChoice(row, value) {
    const named = typeof value === "string";
    row.main.value = named ? value : "\u0000";
    row.long.hidden = named;
    if (!named)
      row.long.value = JSON.stringify(value);
  }

  showNumber(row, { value, stops, low, high }) {
    row.main.value = value === null ? "" : shown(value);
    Object.assign(row, { stops, low, high });
    // a list has no one place on a slider
    row.range.disabled = Array.isArray(value);
    const first = Array.isArray(value) ? value[0] : value;
    row.range.max = stops ? stops.length - 1 : steps;
    const place = stops ? stops.findIndex(stop => stop >= first) : Math.round(steps * (first - low) / (high - low));
    row.range.value = first === null ? 0 : Math.max(0, place);
    row.range.setAttribute("aria-valuetext", first === null ? "none" : shown(first));
  }

  /** Shows an error at the fields that it is about; without one it is taken away everywhere. */
  fails(message, paths) {
    for (const row of this.rows.values())
      this.fail(row, paths.some(path => path === row.field.path || path.startsWith(`${row.field.path}.`)) ? message : null);
  }

  fail(row, message) {
    row.box.classList.toggle("wrong", message !== null);
    row.error.hidden = message === null;
    row.error.textContent = message ?? "";
    row.main.setAttribute("aria-invalid", String(message !== null));
  }
}
