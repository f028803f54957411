// What is clicked, pressed and sent becomes one event, 'act'.

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
