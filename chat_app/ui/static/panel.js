// One panel: draws the blocks it is given, and turns clicks, forms and uploads into one event, 'act'.
// Only blocks that changed are touched, so that what one reads, types or has opened stays as it is.

const root = element.querySelector('.wc-blocks');
const typed = new Map(); // what was typed into controls, by id: it outlives a redrawn form
const opened = new Map(); // details that a person opened or closed themselves

const slot = (control) => `${control.closest('form')?.dataset.round ?? ''}:${control.id}`;

function keep(block) {
  block.querySelectorAll('details[data-step]').forEach((one) => {
    if (opened.has(one.dataset.step)) one.open = opened.get(one.dataset.step);
  });
  block.querySelectorAll('form [data-name]').forEach((one) => {
    if (typed.has(slot(one))) put(one, typed.get(slot(one)));
  });
}

function stream(block, text) {
  const place = block.querySelector('[data-stream]');
  if (!place) return;
  const now = place.textContent;
  if (text.startsWith(now)) place.append(text.slice(now.length));
  else place.textContent = text;
}

function drawBlocks(blocks) {
  const old = new Map([...root.children].map((one) => [one.dataset.key, one]));
  let after = null;
  for (const { key, html, text } of blocks) {
    let block = old.get(key);
    old.delete(key);
    if (!block) {
      block = document.createElement('div');
      block.dataset.key = key;
    }
    if (block.wcHtml !== html) {
      block.innerHTML = html;
      block.wcHtml = html;
      keep(block);
    }
    if (text !== undefined) stream(block, text);
    const next = after ? after.nextSibling : root.firstChild;
    if (next !== block) root.insertBefore(block, next);
    after = block;
  }
  old.forEach((block) => block.remove());
}

function drawNodes(nodes, taken) {
  root.querySelectorAll('[data-node]').forEach((one) => {
    const mark = nodes[one.dataset.node] || { status: 'idle', note: '' };
    if (one.dataset.status !== undefined && one.dataset.status !== mark.status) one.dataset.status = mark.status;
    const note = one.querySelector(':scope > [data-note]');
    if (note && note.textContent !== mark.note) note.textContent = mark.note;
  });
  const ways = new Set(taken);
  root.querySelectorAll('.wc-line').forEach((one) => {
    one.classList.toggle('wc-taken', ways.has(`${one.dataset.from}>${one.dataset.to}`));
  });
}

function paint() {
  const value = props.value;
  if (!value || typeof value !== 'object') return;
  drawBlocks(value.blocks || []);
  if (value.nodes) drawNodes(value.nodes, value.taken || []);
}

function held(control) {
  if (control.type === 'checkbox') return control.checked;
  if (control.hasAttribute('data-list')) {
    return [...control.querySelectorAll('[data-item]:checked')].map((one) => one.value);
  }
  return control.value;
}

function put(control, value) {
  if (control.type === 'checkbox') control.checked = value === true;
  else if (control.hasAttribute('data-list')) {
    control.querySelectorAll('[data-item]').forEach((one) => { one.checked = (value || []).includes(one.value); });
  } else control.value = value;
}

function values(form) {
  return Object.fromEntries([...form.querySelectorAll('[data-name]')].map((one) => [one.dataset.name, held(one)]));
}

function say(detail) {
  trigger('act', detail);
}

function download(name, content, type) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

element.addEventListener('click', (event) => {
  const step = event.target.closest('summary')?.parentElement;
  if (step && step.dataset.step) opened.set(step.dataset.step, !step.open);
  const button = event.target.closest('button, a[data-act]');
  const node = event.target.closest('[data-node][role=button]');
  if (node && !button) say({ act: 'node', nodeName: node.dataset.node });
  if (!button || !element.contains(button) || button.disabled) return;
  if (button.dataset.fill) {
    const form = root.querySelector('form');
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.fill))) {
      const control = [...form.querySelectorAll('[data-name]')].find((one) => one.dataset.name === name);
      if (control) { put(control, value); typed.set(slot(control), held(control)); }
    }
    remember(form);
  } else if (button.dataset.download) {
    download(button.dataset.download, button.dataset.content, 'application/json');
  } else if (button.dataset.act) {
    event.preventDefault();
    const form = button.closest('form');
    say({ ...button.dataset, values: form ? values(form) : {} });
  }
});

element.addEventListener('keydown', (event) => {
  const node = event.target.closest('[data-node][role=button]');
  if (!node || (event.key !== 'Enter' && event.key !== ' ')) return;
  event.preventDefault();
  say({ act: 'node', nodeName: node.dataset.node });
});

element.addEventListener('submit', (event) => {
  event.preventDefault();
  say({ act: 'submit', form: event.target.dataset.form, values: values(event.target) });
});

element.addEventListener('input', (event) => {
  const control = event.target.closest('[data-list]') || event.target.closest('[data-name]');
  if (control) typed.set(slot(control), held(control));
});

const MOST_BYTES = 2_000_000;

async function load(picker) {
  const file = picker.files[0];
  const field = picker.closest('.wc-field');
  const control = field.querySelector('[data-name]');
  const told = field.querySelector('[data-told]');
  const text = file.size > MOST_BYTES ? null : await file.text();
  if (text === null) told.textContent = `${file.name} is larger than 2 MB.`;
  else if (text.includes('\u0000') || text.includes('\ufffd')) told.textContent = `${file.name} is not a text file. Paste its text instead.`;
  else {
    put(control, text);
    typed.set(slot(control), text);
    told.textContent = '';
    remember(control.closest('form'));
  }
  picker.value = '';
}

function remember(form) {
  if (form) trigger('typed', { form: form.dataset.form, values: values(form) });
}

element.addEventListener('change', async (event) => {
  const control = event.target;
  if (control.type !== 'file') remember(control.closest('form'));
  else if (control.files.length) await load(control);
});

watch('value', paint);
paint();
