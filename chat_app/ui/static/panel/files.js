// Files that are chosen or dropped: into a text field, a file field, or the conversation.

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

// A file field gives the files themselves to the server, in one event: in several, they could change places.
async function give(field, files) {
  const told = field.querySelector('[data-told]');
  told.textContent = told.dataset.uploading;
  const paths = [];
  for (const file of files) {
    try {
      paths.push((await upload(file)).path);
    } catch (error) {
      told.textContent = `${file.name}: ${told.dataset.failed}`;
      break;
    }
  }
  const form = field.closest('form');
  if (paths.length) say({ act: 'take_files', form: form.dataset.form, name: field.dataset.file, paths, values: values(form) });
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
    const paths = [];
    for (const file of files) {
      try {
        paths.push((await upload(file)).path);
      } catch {
        paths.push(''); // told as one that could not be uploaded
      }
    }
    say({ act: 'chat_files', paths });
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
