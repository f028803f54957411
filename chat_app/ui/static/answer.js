// The answer that is being given: read from a stream of its own, and shown as the last message of the conversation.
// Gradio draws it, by an event that never leaves the browser.

const PAUSES = [300, 1000, 2000, 4000, 8000]; // milliseconds before a stream that broke is asked for again

let trigger = () => {};
let answer = null; // the conversation before it, and its text
let abort = () => {};
let newest = null; // the last stream that was asked for
let tell;
// What is said before the page knows whose it is waits for that.
const token = new Promise((done) => { tell = done; });
let known = null;
token.then((given) => { known = given; });

async function* messages(body, signal) {
  const given = await fetch(new URL('workflow-chat/answer', document.baseURI), { method: 'POST', body, signal });
  if (!given.ok) throw new Error(given.statusText);
  const reader = given.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6));
  }
}

function take(told) {
  if ('before' in told) answer = { before: told.before, text: '' };
  if ('text' in told) answer.text = told.text;
  else if ('more' in told) answer.text += told.more;
  if ('text' in told || 'more' in told) trigger('grown');
  if ('round' in told) trigger('redesigned');
}

async function read(token, signal) {
  const body = JSON.stringify({ token });
  for (let broken = 0; broken <= PAUSES.length; broken += 1) {
    try {
      for await (const told of messages(body, signal)) {
        if (told.end) return;
        if (signal.aborted) return;
        take(told);
        broken = 0;
      }
    } catch (error) {
      if (signal.aborted) return;
      console.info('the answer is asked for again:', error.message);
    }
    await new Promise((done) => { setTimeout(done, PAUSES[broken]); });
  }
}

// Gives the token when the turn is over, or null where the stream gave way to a newer one, whose end is the turn's:
// were both to show what came of it, one could show less than the other, and later.
async function follow(given) {
  if (given) tell(given);
  abort();
  const control = new AbortController();
  abort = () => control.abort();
  const mine = token.then((known) => read(known, control.signal));
  newest = mine;
  await mine;
  if (mine !== newest) return null;
  answer = null;
  return given;
}

// The conversation with the answer as far as it has come; nothing where it has ended by now.
function grown() {
  if (!answer) return undefined;
  const message = { role: 'assistant', metadata: null, content: [{ type: 'text', text: answer.text }], options: null };
  return [[...answer.before, message]];
}

// Send gives way to Stop while an answer is given.
function attach(tells, props, watch) {
  trigger = tells;
  const timely = wcInTime();
  const show = () => {
    if (timely(props.value?.made)) document.documentElement.toggleAttribute('data-busy', props.value?.busy === true);
  };
  watch('value', show);
  show();
}

return { attach, follow, grown, known: () => known };
