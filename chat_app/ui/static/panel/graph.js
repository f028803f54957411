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
