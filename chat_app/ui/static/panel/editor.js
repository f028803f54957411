// The editor of the YAML tab: findings lead into it, and what is handed to it leaves alone what one types.

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
const ON_ITS_WAY = 10000; // so long after a key, the server may not have heard of it

// The page is left: an event of what was typed last may not arrive any more, this does.
function tellLast(cm) {
  const token = window.wcAnswer.known();
  if (!token) return;
  const body = JSON.stringify({ token, text: cm.state.doc.toString() });
  navigator.sendBeacon(new URL('workflow-chat/typed', document.baseURI), body);
}

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
  addEventListener('pagehide', () => { if (performance.now() - typedAt < ON_ITS_WAY) tellLast(cm); });
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
