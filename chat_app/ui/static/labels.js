// Gradio's own labels in the language of the page: it has them in English, or in that of the browser.

const NAMES = ['aria-label', 'title', 'placeholder'];
const LABELLED = NAMES.map((name) => `[${name}]`).join();
const OURS = '.wc-html, .cm-line'; // said by Python, or typed
const TEXTS = '#sign-in, [data-testid=toast-body], .sr-only';
const BEGINNING = /^(?:(?:user|bot)'s message: |Logout \()/; // a message, or a name, follows

let language = 'en';
let words = {}; // by what Gradio says
let watched = false;
const known = new WeakMap(); // what Gradio said, for each element and text that says something else now

function told(english) {
  const begun = BEGINNING.exec(english)?.[0];
  if (begun) return (words[begun] ?? begun) + english.slice(begun.length);
  return words[english] ?? english;
}

function say(place, name, now, write) {
  const before = known.get(place) ?? {};
  const english = before[name]?.now === now ? before[name].english : now;
  const wanted = told(english);
  if (wanted === now) return;
  known.set(place, { ...before, [name]: { english, now: wanted } });
  write(wanted);
}

function sayLabels(one) {
  for (const name of NAMES) {
    const now = one.getAttribute(name);
    if (now) say(one, name, now, (wanted) => one.setAttribute(name, wanted));
  }
}

function sayTexts(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    say(text, 'text', text.data.trim(), (wanted) => { text.data = wanted; });
  }
}

function sayAll(root) {
  if (root.matches(LABELLED)) sayLabels(root);
  for (const one of root.querySelectorAll(LABELLED)) if (!one.closest(OURS)) sayLabels(one);
  const inside = root.closest(TEXTS);
  for (const one of inside ? [root] : root.querySelectorAll(TEXTS)) sayTexts(one);
}

const observer = new MutationObserver((changes) => {
  for (const change of changes) {
    if (change.target.closest(OURS)) continue;
    if (change.type === 'attributes') sayLabels(change.target);
    for (const one of change.addedNodes) {
      if (one.nodeType === Node.ELEMENT_NODE && !one.matches(OURS)) sayAll(one);
    }
  }
  observer.takeRecords(); // what was said just now
});

// By the switch that Gradio's own settings page has: what it has in the browser's language becomes English.
async function speakEnglish() {
  const core = performance.getEntriesByType('resource').find((one) => /\/core-[\w-]+\.js$/.test(one.name));
  (await import(core.name)).changeLocale('en');
  document.documentElement.lang = language; // Gradio has set its own
}

function attach(props, watch) {
  const show = () => {
    ({ language, words } = props.value);
    document.documentElement.lang = language;
    if (!watched && language === 'en') return;
    sayAll(document.body);
    if (!watched) observer.observe(document.body, { subtree: true, childList: true, attributeFilter: NAMES });
    watched = true;
  };
  watch('value', show);
  show();
  if (!navigator.language.startsWith('en')) speakEnglish();
}

return { attach };
