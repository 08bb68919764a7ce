// The accessible copy of the screen: keeps real elements over the canvas in step with what the page module draws.
// They are transparent and let every event bubble to the wrapper, so that a click on one is a click on the picture.

export interface MirrorNode {
  id?: number; // Dear ImGui's; 0 or none where nothing can be done with it
  key: string; // stable id
  role: string; // ARIA's, or "text"
  label?: string;
  value?: string;
  x?: number;
  y?: number;
  w?: number;
  h?: number;
  checked?: boolean;
  expanded?: boolean;
  selected?: boolean;
  disabled?: boolean;
  focused?: boolean;
  min?: number;
  max?: number;
  now?: number;
  step?: number;
  level?: number;
  text?: string;
  live?: string;
  parent?: string;
  hidden?: boolean; // scrolled out of sight: found by screen readers, scrolled into sight when focused
}

export interface MirrorState {
  nodes: MirrorNode[];
  lang?: string;
}

const kPressable = new Set(['button', 'link', 'option', 'menuitem', 'menuitemradio', 'tab', 'treeitem', 'gridcell', 'row']);

// Groups of these roles are drawn over what comes after them in reading order.
const kOnTop = new Set(['alert', 'dialog', 'listbox', 'menu', 'status', 'tooltip']);

// Attributes of a node's element; null where it must not have one. Pure, for the tests.
export function attributes_of(node: MirrorNode): Record<string, string | null> {
  const is_text = node.role === 'text';
  const flag = (value: boolean | undefined): string | null => (value === undefined ? null : String(value));
  const number = (value: number | undefined): string | null => (value === undefined ? null : String(value));
  const selects = ['option', 'tab', 'treeitem', 'gridcell', 'row', 'columnheader'].includes(node.role);
  const selected = flag(node.selected);
  const has_range = ['slider', 'progressbar', 'meter', 'spinbutton', 'scrollbar'].includes(node.role);
  return {
    'data-id': node.key,
    role: is_text ? null : node.role,
    'aria-label': is_text ? null : (node.label ?? null),
    'aria-checked': flag(node.checked),
    'aria-expanded': flag(node.expanded),
    'aria-selected': selects ? selected : null,
    'aria-pressed': node.role === 'button' ? selected : null,
    'aria-current': !selects && node.role !== 'button' && node.selected === true ? 'true' : null,
    'aria-disabled': node.disabled === true ? 'true' : null,
    'aria-level': number(node.level),
    'aria-valuemin': number(node.min),
    'aria-valuemax': number(node.max),
    'aria-valuenow': number(node.now),
    'aria-valuetext': has_range ? (node.value ?? null) : null,
    'aria-description': has_range ? null : (node.value ?? null),
    'aria-live': node.live ?? null,
    'aria-atomic': node.live === undefined ? null : 'true',
    tabindex: kPressable.has(node.role) || has_range || node.role === 'checkbox' ? '-1' : null,
  };
}

export interface MirrorActions {
  activate(id: number): void;
  focus(id: number): void;
  set_value(id: number, value: number): void;
}

interface Entry {
  element: HTMLElement;
  node: MirrorNode;
  content: Text;
  style: string;
}

// Screen readers send a click without a pointer; a real pointer's click has already gone to the canvas.
const is_assistive = (event: MouseEvent): boolean => event.detail === 0;

export class Mirror {
  private entries = new Map<string, Entry>();

  constructor(
    private readonly root: HTMLElement,
    private readonly wrapper: HTMLElement,
    private readonly actions: MirrorActions,
  ) {
    root.addEventListener('click', (event) => {
      const entry = this.entry_at(event.target);
      if (entry === undefined || !is_assistive(event)) return;
      event.stopPropagation();
      this.actions.activate(entry.node.id!);
    });
    root.addEventListener('focusin', (event) => {
      const entry = this.entry_at(event.target);
      if (entry !== undefined) this.actions.focus(entry.node.id!);
    });
    root.addEventListener('keydown', (event) => this.slide(event));
  }

  update(state: MirrorState): void {
    const next = new Map<string, Entry>();
    const boxes = new Map<string, MirrorNode>();
    const places = new Map<HTMLElement, HTMLElement | null>(); // the last child placed in each parent
    let focused: string | null = null;
    for (const node of state.nodes) {
      if (next.has(node.key)) continue; // a key twice is a mistake of the page; the first one counts
      const entry = this.entries.get(node.key) ?? this.create(node);
      const parent = node.parent === undefined ? undefined : next.get(node.parent);
      const parent_box = parent === undefined ? undefined : boxes.get(node.parent!);
      this.apply(entry, node, parent_box);
      const container = parent?.element ?? this.root;
      const before = places.get(container) ?? null;
      const wanted = before === null ? container.firstElementChild : before.nextElementSibling;
      if (wanted !== entry.element) container.insertBefore(entry.element, wanted);
      places.set(container, entry.element);
      next.set(node.key, entry);
      boxes.set(node.key, node);
      if (node.focused === true) focused = entry.element.id;
    }
    for (const [key, entry] of this.entries) if (!next.has(key)) entry.element.remove();
    this.entries = next;
    if (focused === null) this.wrapper.removeAttribute('aria-activedescendant');
    else this.wrapper.setAttribute('aria-activedescendant', focused);
  }

  private create(node: MirrorNode): Entry {
    const element = document.createElement(node.role === 'text' ? 'span' : 'div');
    element.id = `m-${node.key}`;
    const content = document.createTextNode('');
    element.append(content);
    return { element, node: { key: '', role: '' }, content, style: '' };
  }

  private apply(entry: Entry, node: MirrorNode, parent: MirrorNode | undefined): void {
    const { element } = entry;
    const before = attributes_of(entry.node);
    for (const [name, value] of Object.entries(attributes_of(node))) {
      if (value === before[name]) continue;
      if (value === null) element.removeAttribute(name);
      else element.setAttribute(name, value);
    }
    const said = node.role === 'text' || node.live !== undefined ? (node.text ?? node.label ?? '') : (node.text ?? '');
    if (entry.content.data !== said) entry.content.data = said;
    const style = style_of(node, parent);
    if (entry.style !== style) element.style.cssText = style;
    entry.style = style;
    entry.node = node;
  }

  private entry_at(target: EventTarget | null): Entry | undefined {
    for (let element = target as HTMLElement | null; element !== null && element !== this.root; element = element.parentElement) {
      const entry = this.entries.get(element.dataset.id ?? '');
      if (entry !== undefined && (entry.node.id ?? 0) !== 0) return entry;
    }
    return undefined;
  }

  // The arrow keys on a slider's element, as a screen reader sends them when it has the focus.
  private slide(event: KeyboardEvent): void {
    const node = this.entry_at(event.target)?.node;
    if (node === undefined || node.role !== 'slider' || node.now === undefined) return;
    const { min = 0, max = 1, now } = node;
    const step = node.step ?? (max - min) / 20;
    const moves: Record<string, number> = {
      ArrowRight: now + step,
      ArrowUp: now + step,
      ArrowLeft: now - step,
      ArrowDown: now - step,
      Home: min,
      End: max,
    };
    const value = moves[event.key];
    if (value === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.actions.set_value(node.id!, Math.min(max, Math.max(min, value)));
  }
}

// Groups have no box of their own: they span everything and let the pointer through.
export function style_of(node: MirrorNode, parent: MirrorNode | undefined): string {
  if (node.w === undefined || node.h === undefined) {
    const box = 'inset:0;overflow:visible;pointer-events:none';
    return kOnTop.has(node.role) ? `${box};z-index:1` : box;
  }
  const left = (node.x ?? 0) - (parent?.x ?? 0);
  const top = (node.y ?? 0) - (parent?.y ?? 0);
  if (node.hidden === true) return `left:${left}px;top:${top}px;width:1px;height:1px;pointer-events:none`;
  return `left:${left}px;top:${top}px;width:${node.w}px;height:${node.h}px`;
}
