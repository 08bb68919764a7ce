// Figures into tables.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
export const summary = (times) => ({ median: median(times), min: Math.min(...times), max: Math.max(...times), runs: times.length });

// Columns of numbers stand to the right.
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map((cell) => String(cell ?? '')));
  const widths = head.map((_, column) => Math.max(...all.map((row) => [...row[column]].length)));
  const right = head.map((_, column) => rows.every((row) => /^[-+\d.×%<>= ]*$/.test(String(row[column] ?? ''))));
  const line = (row) => row.map((cell, i) => (right[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ').trimEnd();
  return [line(all[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...all.slice(1).map(line)].join('\n');
}

export const ms = (value) => value.toFixed(value < 100 ? 1 : 0);
const ratio = (value) => `${value.toFixed(2)}×`;

// One table of a network and operation. `rows`: [{ name, threads, median, min, max, flops }].
export function times_table(rows, peak) {
  const reference = rows.find(({ ours, threads }) => ours && threads === 1);
  return table(['system', 'threads', 'median ms', 'min', 'max', 'runs', 'GFLOP/s', 'of peak', 'to ours'], rows.map((row) => {
    const rate = row.flops === undefined ? undefined : row.flops / row.median / 1e6;
    const same = rows.find(({ ours, threads }) => ours && threads === row.threads) ?? reference;
    return [
      row.name, row.threads, ms(row.median), ms(row.min), ms(row.max), row.runs, rate?.toFixed(1),
      rate === undefined ? '' : `${Math.round((100 * rate) / (peak * row.threads))}%`, same === undefined ? '' : ratio(row.median / same.median),
    ];
  }));
}

// Per step: its fastest run, how fast that is, and what it would save at the peak.
export function profile_table(steps, peak) {
  const timed = steps.map((step) => ({ ...step, micros: Math.min(...step.micros) }));
  const total = timed.reduce((sum, { micros }) => sum + micros, 0);
  const row = ({ node, kind, shape, flops, micros }) => {
    const rate = flops / micros / 1e3;
    const fast = flops > 1e5;
    return [node, kind, shape, (micros / 1e3).toFixed(3), `${((100 * micros) / total).toFixed(1)}%`, fast ? rate.toFixed(1) : '',
      fast ? `${Math.round((100 * rate) / peak)}%` : '', ((micros - flops / peak / 1e3) / 1e3).toFixed(3)];
  };
  const kinds = Object.values(Object.groupBy?.(timed, ({ kind }) => kind) ?? group(timed));
  const sums = kinds.map((list) => ({
    node: `${list.length} steps`, kind: list[0].kind, shape: '', flops: list.reduce((sum, { flops }) => sum + flops, 0),
    micros: list.reduce((sum, { micros }) => sum + micros, 0),
  })).sort((a, b) => b.micros - a.micros);
  const head = ['step', 'operator', 'output', 'ms', 'share', 'GFLOP/s', 'of peak', 'ms above peak'];
  return `${table(head, timed.map(row))}\n\n${table(head, sums.map(row))}\nsum ${(total / 1e3).toFixed(2)} ms`;
}

function group(list) {
  const groups = {};
  for (const each of list) (groups[each.kind] ??= []).push(each);
  return groups;
}
