// The state of the page, which its address holds: two records, the second of which may be none, and the diagram's axes.

/** The value at a dotted path of a record; undefined where it is left at its default. */
export const at = (record, path) => path.split(".").reduce((node, name) => node?.[name], record);

const same = (x, y) => JSON.stringify(x ?? null) === JSON.stringify(y ?? null);

/** What --set takes after path=. */
export const word = value => (typeof value === "string" ? value : JSON.stringify(value));

/** The value of a field as the table's controls have it. */
function valueOf(record, field) {
  const value = at(record, field.path);
  return value === undefined ? field.absent : value;
}

/** "path=value" of every field in which a record differs from another; depth first, which lists follow. */
export function changes(fields, from, to) {
  const changed = fields.filter(field => !same(valueOf(from, field), valueOf(to, field)));
  changed.sort((x, y) => (y.path === "depth") - (x.path === "depth"));
  return changed.map(field => `${field.path}=${word(valueOf(to, field) ?? null)}`);
}

/** The preset with the fewest fields that differ. */
export function nearest(fields, presets, record) {
  let best = null;
  for (const preset of presets) {
    const list = changes(fields, preset.architecture, record);
    if (!best || list.length < best.list.length)
      best = { name: preset.architecture.name, list };
  }
  return best;
}

const quoted = text => (/^[\w\-./=:,+@%]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The command line that predicts a record. */
export function command(fields, presets, record) {
  const { name, list } = nearest(fields, presets, record);
  return ["hybrid predict", name, ...list.map(change => `--set ${quoted(change)}`)].join(" ");
}

/** The fragment of the address. */
export function fragment(fields, presets, state) {
  const parts = [];
  for (const side of ["a", "b"]) {
    if (!state[side])
      continue;
    const { name, list } = nearest(fields, presets, state[side]);
    parts.push([side, name], ...list.map(change => [side, change]));
  }
  parts.push(["x", axisText(state.x)], ["y", axisText(state.y)], ["colour", state.colour]);
  return new URLSearchParams(parts).toString();
}

const axisText = axis => `${axis.path}=${axis.low}:${axis.high}`;

function axisOf(text) {
  const match = /^([\w.]+)=([-+\d.e]+):([-+\d.e]+)$/.exec(text ?? "");
  return match && { path: match[1], low: Number(match[2]), high: Number(match[3]) };
}

/** What a fragment says: for each side a preset and changes, and the diagram; null where it says nothing. */
export function parse(text) {
  const parts = new URLSearchParams(text.replace(/^#/, ""));
  if (!parts.get("a"))
    return null;
  const side = name => {
    const [preset, ...list] = parts.getAll(name);
    return preset ? { preset, list } : null;
  };
  return { a: side("a"), b: side("b"), x: axisOf(parts.get("x")), y: axisOf(parts.get("y")), colour: parts.get("colour") };
}
