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
  block.querySelectorAll('[data-viewport]').forEach(watchView);
  block.querySelectorAll('form [data-name]').forEach((one) => {
    if (typed.has(slot(one))) put(one, typed.get(slot(one)));
  });
}

// A control that had the focus has it again when it is drawn anew, its cursor where it was. A form that was sent
// and came back with something wrong puts it there; where the control is gone, what tells how things stand has it.
function focusIn(block) {
  const held = document.activeElement;
  if (!held || held === document.body || !block.contains(held)) return () => {};
  const { id } = held;
  const [act, label] = [held.dataset.act, held.textContent];
  const sent = held.type === 'submit' || block.wcSent;
  const cursor = held.selectionStart === undefined ? null : [held.selectionStart, held.selectionEnd];
  return () => {
    const wrong = sent && block.querySelector('[aria-invalid]');
    const same = id ? document.getElementById(id)
      : act && [...block.querySelectorAll('[data-act]')].find((one) => one.dataset.act === act && one.textContent === label);
    const now = wrong || (same && root.contains(same) && !same.disabled ? same : root.querySelector('[data-rest]'));
    block.wcSent = false;
    if (!now) return;
    now.focus({ preventScroll: !wrong });
    if (now === same && cursor && cursor[0] !== null && now.setSelectionRange) now.setSelectionRange(...cursor);
  };
}

// What a screen reader says stands in one place that is never drawn anew: only then is a change of it spoken.
const spoken = document.createElement('div');
spoken.className = 'wc-hidden';
spoken.setAttribute('role', 'status');

function speak(text) {
  if (text !== undefined && !spoken.isConnected) root.after(spoken);
  if (text !== undefined && spoken.textContent !== text) spoken.textContent = text;
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
      const focus = focusIn(block);
      block.innerHTML = html;
      block.wcHtml = html;
      keep(block);
      focus();
    }
    if (text !== undefined) stream(block, text);
    const begun = !block.isConnected && block.querySelector('[data-rest]');
    const next = after ? after.nextSibling : root.firstChild;
    if (next !== block) root.insertBefore(block, next);
    // A run that begins below the edge of the window is brought into sight.
    if (begun && begun.getBoundingClientRect().top > window.innerHeight - 80) begun.scrollIntoView({ block: 'center' });
    after = block;
  }
  for (const block of old.values()) {
    const focus = focusIn(block);
    block.remove();
    focus();
  }
}

function drawNodes(nodes, taken) {
  root.querySelectorAll('[data-node]').forEach((one) => {
    const mark = nodes[one.dataset.node] || { status: 'idle', note: '' };
    if (one.dataset.status !== undefined && one.dataset.status !== mark.status) one.dataset.status = mark.status;
    const name = one.querySelector(':scope > title')?.textContent;
    if (one.role === 'button') one.ariaLabel = mark.said ? `${name}, ${mark.said}` : name;
    for (const [name, text] of [['note', mark.note], ['cost', mark.cost || '']]) {
      const place = one.querySelector(`:scope > [data-${name}]`);
      if (place && place.textContent !== text) place.textContent = text;
    }
  });
  const ways = new Set(taken);
  root.querySelectorAll('.wc-line').forEach((one) => {
    one.classList.toggle('wc-taken', ways.has(`${one.dataset.from}>${one.dataset.to}`));
  });
}

function paint() {
  const value = props.value;
  if (!value || typeof value !== 'object') return;
  if (value.blocks) drawBlocks(value.blocks);
  if (value.nodes) drawNodes(value.nodes, value.taken || []);
  speak(value.said);
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

// The graph can be made larger and smaller, moved, and searched.
const view = { zoom: 0, left: 0, top: 0 }; // zoom 0: as wide as there is room
const ZOOMS = [0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.5, 2, 3];

function applyView(port) {
  const svg = port.querySelector('svg');
  if (!svg) return;
  svg.classList.toggle('wc-zoomed', view.zoom > 0);
  svg.style.width = view.zoom > 0 ? `${Math.round(svg.viewBox.baseVal.width * view.zoom)}px` : '';
}

function zoomNow(port) {
  const svg = port.querySelector('svg');
  return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
}

function zoomTo(port, wanted) {
  const before = zoomNow(port);
  const middle = { x: port.scrollLeft + port.clientWidth / 2, y: port.scrollTop + port.clientHeight / 2 };
  view.zoom = wanted;
  applyView(port);
  const by = zoomNow(port) / before;
  port.scrollTo(middle.x * by - port.clientWidth / 2, middle.y * by - port.clientHeight / 2);
}

function zoomStep(port, step) {
  const now = zoomNow(port);
  if (step === 'width') zoomTo(port, 0);
  else if (step === 'whole') {
    const box = port.querySelector('svg').viewBox.baseVal;
    zoomTo(port, Math.min(port.clientWidth / box.width, port.clientHeight / box.height, 1.25));
  } else if (step === 'in') zoomTo(port, ZOOMS.find((one) => one > now * 1.02) || ZOOMS.at(-1));
  else zoomTo(port, ZOOMS.findLast((one) => one < now * 0.98) || ZOOMS[0]);
}

function watchView(port) {
  applyView(port);
  port.scrollTo(view.left, view.top);
  port.addEventListener('scroll', () => { view.left = port.scrollLeft; view.top = port.scrollTop; });
  port.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomStep(port, event.deltaY < 0 ? 'in' : 'out');
  }, { passive: false });
  let from = null;
  port.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch' || event.target.closest('[role=button]')) return;
    from = { x: event.clientX + port.scrollLeft, y: event.clientY + port.scrollTop };
    port.setPointerCapture(event.pointerId);
  });
  port.addEventListener('pointermove', (event) => {
    if (from) port.scrollTo(from.x - event.clientX, from.y - event.clientY);
  });
  port.addEventListener('pointerup', () => { from = null; });
}

function findNode(name) {
  const wanted = name.trim().toLowerCase();
  root.querySelectorAll('.wc-found').forEach((one) => one.classList.remove('wc-found'));
  if (!wanted) return;
  const nodes = [...root.querySelectorAll('.wc-node')];
  const found = nodes.find((one) => one.dataset.node.toLowerCase() === wanted)
    || nodes.find((one) => one.dataset.node.toLowerCase().includes(wanted));
  if (!found) return;
  found.classList.add('wc-found');
  found.scrollIntoView({ block: 'center', inline: 'center' });
}

const viewOf = (editor) => editor?.cmView?.view || editor?.cmTile?.view;

// A finding leads to its line in the editor.
async function jump(place) {
  const [line] = place.split(':').map(Number);
  document.querySelectorAll('[role=tab]').forEach((one) => { if (one.textContent.trim() === 'YAML') one.click(); });
  const cm = viewOf(await appears('#yaml .cm-content'));
  if (!cm) return;
  const at = cm.state.doc.line(Math.min(line, cm.state.doc.lines));
  cm.dispatch({ selection: { anchor: at.from, head: at.to }, scrollIntoView: true });
  cm.focus();
}

function appears(selector) {
  return new Promise((done) => {
    const look = (left) => {
      const found = document.querySelector(selector);
      if (found || !left) done(found);
      else requestAnimationFrame(() => look(left - 1));
    };
    look(120);
  });
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages without https have no clipboard: the old way still works there.
    const box = document.createElement('textarea');
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand('copy');
    box.remove();
  }
  button.classList.add('wc-copied');
  button.addEventListener('animationend', () => button.classList.remove('wc-copied'), { once: true });
}

// Sorts by a column: rising, then falling; what has no value comes last.
function sortRows(table, column) {
  const head = table.tHead.rows[0].cells[column];
  const falling = head.ariaSort === 'ascending';
  const worth = (row) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };
  const empty = (row) => row.cells[column].querySelector('.wc-muted') !== null;
  const order = (one, other) => {
    const [a, b] = [worth(one), worth(other)];
    return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  };
  const rows = [...table.tBodies[0].rows];
  rows.sort((one, other) => empty(one) - empty(other) || (falling ? order(other, one) : order(one, other)));
  table.tBodies[0].append(...rows);
  for (const cell of table.tHead.rows[0].cells) cell.ariaSort = 'none';
  head.ariaSort = falling ? 'descending' : 'ascending';
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
  const fold = event.target.closest('[data-fold][role=button]');
  if (fold) {
    say({ act: 'fold', nodeName: fold.dataset.fold });
    return;
  }
  const node = event.target.closest('[data-node][role=button]');
  if (node && !button) say({ act: 'node', nodeName: node.dataset.node });
  if (!button || !element.contains(button) || button.disabled) return;
  if (button.ariaDisabled === 'true') {
    event.preventDefault();
    return;
  }
  if (button.dataset.fill) {
    const form = root.querySelector('form');
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.fill))) {
      const control = [...form.querySelectorAll('[data-name]')].find((one) => one.dataset.name === name);
      if (control) { put(control, value); typed.set(slot(control), held(control)); }
    }
    remember(form);
  } else if (button.dataset.zoom) {
    zoomStep(root.querySelector('[data-viewport]'), button.dataset.zoom);
  } else if (button.dataset.jump) {
    jump(button.dataset.jump);
  } else if (button.dataset.copy !== undefined) {
    copy(button, button.dataset.copy);
  } else if (button.dataset.copyLink) {
    const link = new URL(window.location.href);
    link.search = `?design=${encodeURIComponent(button.dataset.copyLink)}`;
    copy(button, link.href);
  } else if (button.dataset.copyOf) {
    copy(button, document.getElementById(button.dataset.copyOf).value);
  } else if (button.dataset.saveOf) {
    download(button.dataset.file, document.getElementById(button.dataset.saveOf).value, 'text/csv');
  } else if (button.dataset.sort) {
    sortRows(button.closest('table'), Number(button.dataset.sort));
  } else if (button.dataset.download) {
    download(button.dataset.download, button.dataset.content, 'application/json');
  } else if (button.dataset.act) {
    event.preventDefault();
    const form = button.closest('form');
    say({ ...button.dataset, form: form?.dataset.form ?? '', values: form ? values(form) : {} });
    if ((button.dataset.message || '').endsWith(': ')) document.querySelector('#message textarea')?.focus();
  }
});

element.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.hasAttribute('data-submits')) {
    event.preventDefault();
    event.target.form.requestSubmit(event.target.form.querySelector('[type=submit]'));
    return;
  }
  const port = event.target.closest('[data-viewport]');
  const key = { '+': 'in', '=': 'in', '-': 'out', 0: 'width' }[event.key];
  if (port && key && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    zoomStep(port, key);
    return;
  }
  const fold = event.target.closest('[data-fold][role=button]');
  if (fold && (event.key === 'Enter' || event.key === ' ')) {
    event.preventDefault();
    say({ act: 'fold', nodeName: fold.dataset.fold });
    return;
  }
  const node = event.target.closest('[data-node][role=button]');
  if (!node || (event.key !== 'Enter' && event.key !== ' ')) return;
  event.preventDefault();
  say({ act: 'node', nodeName: node.dataset.node });
});

element.addEventListener('submit', (event) => {
  event.preventDefault();
  if (event.submitter?.ariaDisabled === 'true') return;
  const block = event.target.closest('[data-key]');
  if (block) block.wcSent = true;
  say({ act: 'submit', form: event.target.dataset.form, values: values(event.target) });
});

element.addEventListener('input', (event) => {
  if (event.target.hasAttribute('data-find')) findNode(event.target.value);
  const control = event.target.closest('[data-list]') || event.target.closest('[data-name]');
  if (control) typed.set(slot(control), held(control));
});

const MOST_BYTES = 2_000_000;

// A text field takes the text of a file: the browser reads it, nothing is uploaded.
async function load(picker) {
  const file = picker.files[0];
  const field = picker.closest('.wc-field');
  const control = field.querySelector('[data-name]');
  const told = field.querySelector('[data-told]');
  const text = file.size > MOST_BYTES ? null : await file.text();
  if (text === null) told.textContent = `${file.name}: ${told.dataset.tooLarge}`;
  else if (text.includes('\u0000') || text.includes('\ufffd')) told.textContent = `${file.name}: ${told.dataset.noText}`;
  else {
    put(control, text);
    typed.set(slot(control), text);
    told.textContent = '';
    remember(control.closest('form'));
  }
  picker.value = '';
}

// A file field gives the file itself to the server.
async function give(field, files) {
  const told = field.querySelector('[data-told]');
  told.textContent = told.dataset.uploading;
  for (const file of files) {
    try {
      const { path } = await upload(file);
      const form = field.closest('form');
      say({ act: 'take_file', form: form.dataset.form, name: field.dataset.file, path, values: values(form) });
    } catch (error) {
      told.textContent = `${file.name}: ${told.dataset.failed}`;
      return;
    }
  }
}

function remember(form) {
  if (form) trigger('typed', { form: form.dataset.form, values: values(form) });
}

element.addEventListener('change', async (event) => {
  const control = event.target;
  if (control.dataset.as) say({ ...control.dataset, [control.dataset.as]: control.value });
  else if (control.hasAttribute('data-attach')) return;
  else if (control.type !== 'file') remember(control.closest('form'));
  else if (control.files.length && control.hasAttribute('data-text-file')) await load(control);
  else if (control.files.length) await give(control.closest('[data-file]'), [...control.files]);
});

for (const kind of ['dragover', 'drop']) {
  element.addEventListener(kind, (event) => {
    const field = event.target.closest('[data-file]');
    if (!field || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    if (kind === 'drop') give(field, [...event.dataTransfer.files]);
  });
}

// What is dropped on the conversation is given to the designer.
if (element.closest('#choices') || element.id === 'choices') {
  const left = document.querySelector('#wc-left');
  const attach = async (files) => {
    for (const file of files) {
      try {
        say({ act: 'chat_file', path: (await upload(file)).path });
      } catch {
        say({ act: 'chat_file', path: '' });
      }
    }
  };
  left?.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    left.classList.add('wc-dropping');
  });
  left?.addEventListener('dragleave', () => left.classList.remove('wc-dropping'));
  left?.addEventListener('drop', (event) => {
    left.classList.remove('wc-dropping');
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    attach([...event.dataTransfer.files]);
  });
  element.addEventListener('change', (event) => {
    if (event.target.hasAttribute('data-attach')) attach([...event.target.files]);
  });
}

// The editor's colours come with it; those too pale to be read are drawn towards the text's own.
function luminance([r, g, b]) {
  const part = (one) => (one /= 255) <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
}

const channels = (colour) => (colour.match(/[\d.]+/g) || []).slice(0, 3).map(Number);

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

// The editor is handed whole texts. Only the lines that differ are put in, so that the cursor stays where one types,
// and the line that is being typed is left alone: what is typed there is on its way to the server.
// A text that the editor had a moment ago is an answer given before the server heard of what was typed since: were it
// put in, that would be lost.
const TYPING = 800; // milliseconds
const OVERTAKEN = 5000;
const MOST_LEFT = 100;

function between(was, now, kept) {
  const same = (one, other) => one === kept || was[one] === now[other];
  let top = 0;
  while (top < was.length && top < now.length && same(top, top)) top += 1;
  let end = 0;
  const most = Math.min(was.length, now.length) - top;
  while (end < most && same(was.length - 1 - end, now.length - 1 - end)) end += 1;
  return { top, end };
}

async function keepCursor() {
  const editor = await appears('#yaml .cm-content');
  const cm = viewOf(editor);
  if (!cm || cm.wcGentle) return;
  cm.wcGentle = true;
  let typedAt = -TYPING;
  let left = []; // texts that were typed over, the newest last
  editor.addEventListener('beforeinput', () => { typedAt = performance.now(); });
  const plain = cm.dispatch.bind(cm);
  cm.dispatch = (...given) => {
    const { doc, selection } = cm.state;
    const change = given.length === 1 && !given[0].selection ? given[0].changes : null;
    if (typeof change?.insert !== 'string' || change.from !== 0 || change.to !== doc.length) {
      plain(...given);
      if (cm.state.doc !== doc) left = [...left.slice(1 - MOST_LEFT), { doc, at: performance.now() }];
      return;
    }
    const handed = change.insert.trimEnd();
    left = left.filter((one) => performance.now() - one.at < OVERTAKEN);
    if (cm.hasFocus && left.some((one) => one.doc.toString().trimEnd() === handed)) return;
    const typing = cm.hasFocus && performance.now() - typedAt < TYPING;
    const [was, now] = [doc.toString().split('\n'), change.insert.split('\n')];
    const { top, end } = between(was, now, typing ? doc.lineAt(selection.main.head).number - 1 : -1);
    const [fresh, stale] = [now.slice(top, now.length - end), was.length - end];
    if (top === stale && !fresh.length) return;
    // Whole lines, each with its line break: the one after it, or at the end of the text the one before.
    const last = stale === was.length;
    const from = top === was.length ? doc.length : last && top > 0 ? doc.line(top).to : doc.line(top + 1).from;
    const to = last ? doc.length : doc.line(stale + 1).from;
    const insert = last ? (top > 0 ? fresh.map((one) => `\n${one}`).join('') : fresh.join('\n')) : fresh.map((one) => `${one}\n`).join('');
    plain({ changes: { from, to, insert } });
  };
}

async function makeLegible() {
  const editor = await appears('#yaml .cm-line');
  if (!editor) return;
  document.querySelector('#yaml .cm-content').tabIndex = 0;
  const body = getComputedStyle(document.querySelector('#wc-right'));
  const [ground, ink] = [channels(body.backgroundColor), channels(body.color)];
  for (const sheet of [...document.styleSheets, ...document.adoptedStyleSheets]) {
    for (const rule of [...sheet.cssRules]) {
      if (!/^\.\u037c\w+$/.test(rule.selectorText || '') || !rule.style.color) continue;
      const probe = document.createElement('i');
      probe.style.color = rule.style.color;
      document.body.append(probe);
      let colour = channels(getComputedStyle(probe).color);
      probe.remove();
      for (let step = 0; step < 12 && contrast(colour, ground) < 4.6; step += 1) {
        colour = colour.map((one, at) => one + (ink[at] - one) * 0.15);
      }
      rule.style.color = `rgb(${colour.map(Math.round).join(',')})`;
    }
  }
}

if (element.closest('#problems') || element.id === 'problems') {
  makeLegible();
  keepCursor();
}

// On a narrow page the panel is below: what the program opens there is brought into sight.
if (element.closest('#wc-head') || element.id === 'wc-head') {
  const narrow = window.matchMedia('(max-width: 860px)');
  const inPanel = (node) => node.nodeType === 1 && node.closest('#wc-right');
  let chosen = 0;
  for (const kind of ['pointerdown', 'keydown']) {
    document.addEventListener(kind, (event) => { if (inPanel(event.target)) chosen = Date.now(); }, true);
  }
  // Tabs are gone through by the arrow keys, as those who hear the page expect.
  document.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const from = step && event.target.closest?.('[role=tab]');
    if (!from) return;
    const all = [...from.parentElement.querySelectorAll('[role=tab]')];
    const to = all[(all.indexOf(from) + step + all.length) % all.length];
    event.preventDefault();
    to.focus();
    to.click();
  });
  new MutationObserver((changes) => {
    const opened = changes.find((one) => one.target.ariaSelected === 'true' && inPanel(one.target));
    if (opened && narrow.matches && Date.now() - chosen > 1500) {
      document.querySelector('#wc-right').scrollIntoView({ block: 'start' });
    }
  }).observe(document.body, { subtree: true, attributeFilter: ['aria-selected'] });
}

watch('value', paint);
paint();
