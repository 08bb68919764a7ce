// What is wrong with the places of things on the screen, as the mirror tells them: a list of sentences, empty where
// nothing is cut off and no words stand over others. The mirror's rectangles are cut by the panel they are drawn in;
// what lies wholly outside its panel has no size and cannot be pointed at, but keeps its true left edge.
export async function misplaced(page) {
  return page.page.evaluate(() => {
    const kBars = ['top', 'questions', 'status', 'notices']; // they do not scroll
    const kControls = ['button', 'tab', 'switch', 'radio', 'slider', 'combobox', 'searchbox', 'link', 'checkbox'];
    const kOver = ['dialog', 'listbox', 'menu', 'alert', 'status', 'tooltip']; // drawn over the page
    const kSlack = 3; // px; line boxes are taller than their letters
    const wide = innerWidth >= 900;
    const panels = { stage: [wide ? 236 : 0, wide ? innerWidth - 328 : innerWidth], rail: [0, 236], inspector: [innerWidth - 328, innerWidth] };

    const items = [...document.querySelectorAll('#mirror [data-id]')].map((node) => {
      const ancestors = [];
      for (let at = node.parentElement; at !== null && at.id !== 'mirror'; at = at.parentElement) ancestors.push(at);
      const { left, top, right, bottom } = node.getBoundingClientRect();
      const groups = ancestors.map((each) => each.dataset.id);
      return {
        node, key: node.dataset.id, role: node.getAttribute('role'), groups, left, top, right, bottom,
        group: node.style.inset !== '', // spans everything
        hidden: node.style.pointerEvents === 'none' && node.style.inset === '',
        over: [node, ...ancestors].some((each) => kOver.includes(each.getAttribute('role'))),
        bar: kBars.find((bar) => groups.includes(bar)),
        panel: ['rail', 'inspector', 'stage'].find((panel) => groups.includes(panel)),
      };
    }).filter((item) => !item.group);
    const say = (item) => `${item.key} (${[item.left, item.top, item.right, item.bottom].map(Math.round)}) "${(item.node.getAttribute('aria-label') ?? item.node.textContent).slice(0, 50)}"`;
    const wrong = [];

    for (const item of items) {
      if (item.hidden) {
        if (item.bar !== undefined) wrong.push(`${say(item)} is out of sight in ${item.bar}, which does not scroll`);
        const [left, right] = panels[item.panel] ?? [0, innerWidth];
        if (item.left < left - 1 || item.left > right) wrong.push(`${say(item)} lies beside its panel (${left} … ${right})`);
        continue;
      }
      if (item.left < -1 || item.top < -1 || item.right > innerWidth + 1 || item.bottom > innerHeight + 1) wrong.push(`${say(item)} reaches beyond the screen`);
      if (item.right - item.left < 2) wrong.push(`${say(item)} is cut to ${Math.round(item.right - item.left)} px`);
      // Words and controls keep a margin; what ends exactly at its panel's edge was cut there. The rail's rows fill it.
      if (item.bar !== undefined && item.right >= innerWidth - 1) wrong.push(`${say(item)} is cut off at the screen's edge`);
      if (item.bar === undefined && (item.panel === 'stage' || item.panel === 'inspector') && !item.over && item.right >= panels[item.panel][1] - 2) {
        wrong.push(`${say(item)} is cut off at the edge of ${item.panel}`);
      }
    }

    // Words and controls of the same level: none over another, except what belongs to a control and stands inside it.
    const leaves = items.filter((item) => !item.hidden && (item.role === null || item.role === 'heading' || kControls.includes(item.role)));
    const within = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
    for (const [i, a] of leaves.entries()) {
      for (const b of leaves.slice(i + 1)) {
        if (a.over !== b.over || a.groups.includes(b.key) || b.groups.includes(a.key)) continue;
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across <= kSlack || down <= kSlack) continue;
        const controls = [a, b].filter((item) => kControls.includes(item.role));
        if (controls.length === 1 && within(controls[0] === a ? b : a, controls[0])) continue;
        wrong.push(`${say(a)} and ${say(b)} overlap by ${Math.round(across)}×${Math.round(down)} px`);
      }
    }
    return wrong;
  });
}
