// Each run can be gone through step by step: by the buttons, by a click on a step, by the keyboard.
// Without scripts everything is on the page all the same, in the table of steps below the picture.
document.documentElement.classList.remove('no-js');
// On paper nothing is folded.
const folded = [];
addEventListener('beforeprint', () => {
  folded.push(...document.querySelectorAll('details:not([open])'));
  for (const d of folded) d.open = true;
});
addEventListener('afterprint', () => {
  for (const d of folded.splice(0)) d.open = false;
});
for (const run of document.querySelectorAll('.run')) {
  const rows = [...document.querySelectorAll(`#${run.dataset.steps} tr[data-step]`)];
  const marks = new Map([...run.querySelectorAll('svg [data-step]')].map((g) => [g.dataset.step, g]));
  const panel = run.querySelector('.now-panel');
  const [back, on] = panel.querySelectorAll('button');
  const part = (name) => panel.querySelector('.' + name);
  let at = -1;

  const stateAfter = (n) => {
    const cells = new Map(Object.entries(JSON.parse(run.dataset.start)));
    for (const row of rows.slice(0, n + 1)) {
      for (const [k, v] of JSON.parse(row.dataset.changes)) cells.set(k, v);
    }
    return cells;
  };

  const show = (n) => {
    at = Math.max(0, Math.min(rows.length - 1, n));
    const row = rows[at];
    for (const r of rows) r.classList.toggle('now', r === row);
    for (const [k, g] of marks) g.classList.toggle('now', k === row.dataset.step);
    part('title').textContent = `Step ${row.dataset.step} of ${rows.length}: ${row.dataset.actor}`;
    part('action').textContent = row.dataset.action;
    part('found').textContent = row.dataset.found ? `found: ${row.dataset.found}` : '';
    part('source').replaceChildren(...[...row.querySelectorAll('.place')].map((p) => p.cloneNode(true)));
    const changed = new Set(JSON.parse(row.dataset.changes).map(([k]) => k));
    const items = [...stateAfter(at)].filter(([k, v]) => changed.has(k) || !['0', 'no', 'nothing'].includes(v));
    part('state').replaceChildren(...items.map(([k, v]) => {
      const li = document.createElement('li');
      li.textContent = `${k} = ${v}`;
      li.classList.toggle('changed', changed.has(k));
      return li;
    }));
    if (!items.length) part('state').textContent = 'nothing is pending, unseen or scheduled';
    back.disabled = at === 0;
    on.disabled = at === rows.length - 1;
  };

  const keys = { ArrowDown: 1, ArrowRight: 1, j: 1, n: 1, ArrowUp: -1, ArrowLeft: -1, k: -1, p: -1 };
  run.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const to = e.key === 'Home' ? 0 : e.key === 'End' ? rows.length - 1 : keys[e.key] && at + keys[e.key];
    if (to === undefined) return;
    e.preventDefault();
    show(to);
  });
  for (const [n, row] of rows.entries()) row.addEventListener('click', () => show(n));
  for (const [k, g] of marks) g.addEventListener('click', () => show(rows.findIndex((r) => r.dataset.step === k)));
  back.addEventListener('click', () => show(at - 1));
  on.addEventListener('click', () => show(at + 1));
  if (rows.length) show(0);
}
