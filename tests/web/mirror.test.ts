import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributes_of, style_of, type MirrorNode } from '../../web/src/mirror.ts';

function given(node: MirrorNode): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes_of(node)).filter((entry): entry is [string, string] => entry[1] !== null));
}

test('a button', () => {
  assert.deepEqual(given({ id: 1, key: 'dream.pause', role: 'button', label: 'Pause' }), {
    'data-id': 'dream.pause',
    role: 'button',
    'aria-label': 'Pause',
    tabindex: '-1',
  });
});
test('a text has no role and no label: its content is what it says', () => {
  assert.deepEqual(given({ key: 't1', role: 'text', label: 'Egyptian cat' }), { 'data-id': 't1' });
});
test('a slider says its value in words', () => {
  const slider = given({ id: 2, key: 'overlay', role: 'slider', label: 'Overlay', value: '60 %', min: 0, max: 1, now: 0.6 });
  assert.equal(slider['aria-valuetext'], '60 %');
  assert.equal(slider['aria-valuenow'], '0.6');
  assert.equal(slider['aria-description'], undefined);
});
test('selection is said as the role wants it', () => {
  assert.equal(given({ key: 'a', role: 'tab', selected: true })['aria-selected'], 'true');
  assert.equal(given({ key: 'a', role: 'tab', selected: false })['aria-selected'], 'false');
  assert.equal(given({ key: 'a', role: 'button', selected: true })['aria-pressed'], 'true');
  assert.equal(given({ key: 'a', role: 'link', selected: true })['aria-current'], 'true');
  assert.equal(given({ key: 'a', role: 'link', selected: false })['aria-current'], undefined);
});
test('states and notes', () => {
  const box = given({ id: 3, key: 'pre', role: 'checkbox', label: 'Before ReLU', checked: false, disabled: true, value: 'no ReLU here' });
  assert.equal(box['aria-checked'], 'false');
  assert.equal(box['aria-disabled'], 'true');
  assert.equal(box['aria-description'], 'no ReLU here');
  assert.equal(given({ key: 'n', role: 'status', live: 'polite' })['aria-live'], 'polite');
});

test('boxes are placed in their parent; what is scrolled out of sight can still be found', () => {
  const box = { x: 20, y: 30, w: 40, h: 10 };
  assert.equal(style_of({ key: 'a', role: 'button', ...box }, undefined), 'left:20px;top:30px;width:40px;height:10px');
  assert.match(style_of({ key: 'a', role: 'button', ...box }, { key: 'p', role: 'row', x: 5, y: 5, w: 9, h: 9 }), /^left:15px;top:25px/);
  assert.match(style_of({ key: 'a', role: 'button', ...box, hidden: true }, undefined), /width:1px;height:1px;pointer-events:none/);
});
test('menus lie over the stage, which comes later in reading order', () => {
  assert.match(style_of({ key: 'model.list', role: 'listbox' }, undefined), /pointer-events:none;z-index:1$/);
  assert.doesNotMatch(style_of({ key: 'stage', role: 'main' }, undefined), /z-index/);
});
