// One panel: draws the blocks it is given.
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

let drawn = false;
let marks = null; // the status of the nodes as it was told last
const blocksInTime = wcInTime();
const marksInTime = wcInTime();

function paint() {
  const value = props.value;
  if (!value || typeof value !== 'object') return;
  wcInTime.note(value);
  const blocks = value.blocks && blocksInTime(value.made);
  if (blocks) drawBlocks(value.blocks);
  // What went on already when the page was opened: its end is asked for. And what is here may have been overtaken by
  // what came when this panel was not on the page.
  if (!drawn && (root.querySelector('[data-goes-on]') || wcInTime.overtaken(value))) say({ act: '' });
  drawn ||= Boolean(value.blocks?.length);
  if (value.nodes && marksInTime(value.made)) marks = value;
  // A drawing that was made before its nodes' last status, and came after it, gets that status again.
  if (marks && value.nodes) drawNodes(marks.nodes, marks.taken || []);
  if (blocks) speak(value.said);
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

watch('value', paint);
paint();
