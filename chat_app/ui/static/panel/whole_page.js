// On a narrow page the panel is below: what the program opens there is brought into sight.
// A tab that somebody has just opened stays open: what was on its way to open another comes too late.
if (element.closest('#wc-head') || element.id === 'wc-head') {
  const narrow = window.matchMedia('(max-width: 860px)');
  const inPanel = (node) => node.nodeType === 1 && node.closest('#wc-right');
  const TOO_LATE = 1500; // milliseconds
  let chosen = 0;
  let own = null; // the tab that was opened by hand, until something else is done
  for (const kind of ['pointerdown', 'keydown']) {
    document.addEventListener(kind, (event) => {
      own = null;
      if (inPanel(event.target)) chosen = Date.now();
    }, true);
  }
  document.addEventListener('click', (event) => {
    const tab = event.target.closest?.('#wc-right [role=tab]');
    if (tab) own = { id: tab.dataset.tabId, at: Date.now() };
  }, true);
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
    if (opened && own && own.id !== opened.target.dataset.tabId && Date.now() - own.at < TOO_LATE) {
      document.querySelector(`#wc-right [role=tab][data-tab-id="${own.id}"]`)?.click();
    }
  }).observe(document.body, { subtree: true, attributeFilter: ['aria-selected'] });
}
