// Keeps the page of a transfer up to date while the checkpoint works: the server tells, the page changes.
// Without script the page says to open it again.

export function startLive(root) {
  const { events, fragment } = root.dataset;
  const voice = document.querySelector('[data-voice]');
  if (!events || !fragment || root.dataset.final === 'true') return;
  const source = new EventSource(events);
  let fetching = false;
  let again = false;

  async function renew() {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    try {
      do {
        again = false;
        const answer = await fetch(fragment, { headers: { accept: 'text/html' }, credentials: 'same-origin' });
        // A redirect means that the session ended: let the browser go where the server sends it.
        if (answer.redirected || answer.status === 401) {
          window.location.reload();
          return;
        }
        if (!answer.ok) return;
        replace(await answer.text());
      } while (again);
    } catch {
      // The stream reconnects by itself and then tells again.
    } finally {
      fetching = false;
    }
  }

  function replace(html) {
    const next = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-live]');
    if (!next) return;
    const before = root.dataset.state;
    const focus = root.contains(document.activeElement) ? document.activeElement.id : '';
    const typed = [...root.querySelectorAll('input[id], textarea[id]')].map((field) => [field.id, field.value]);
    const open = new Set([...root.querySelectorAll('details[id][open]')].map((part) => part.id));
    root.replaceChildren(...next.childNodes);
    Object.assign(root.dataset, next.dataset);
    // What was said of work under way is over with it.
    for (const told of document.querySelectorAll('[data-while]')) {
      if (told.dataset.while !== next.dataset.state) told.remove();
    }
    for (const [id, value] of typed) {
      const field = document.getElementById(id);
      if (field && field.type !== 'hidden') field.value = value;
    }
    for (const id of open) document.getElementById(id)?.setAttribute('open', '');
    if (focus) document.getElementById(focus)?.focus();
    if (voice && next.dataset.state !== before) voice.textContent = next.dataset.said ?? '';
    if (next.dataset.final === 'true') source.close();
  }

  source.addEventListener('changed', renew);
  source.addEventListener('progress', (event) => {
    let told;
    try {
      told = JSON.parse(event.data);
    } catch {
      return;
    }
    for (const bar of root.querySelectorAll('progress[data-file]')) {
      if (bar.dataset.file === told.file) {
        const first = !bar.hasAttribute('value');
        bar.value = told.permille;
        // The words beside the bar change when the work begins and when only its recording is left.
        if (first || told.permille >= 1000) renew();
      }
    }
  });
  // After a reconnection something may have been missed.
  let opened = false;
  source.addEventListener('open', () => {
    if (opened) renew();
    opened = true;
  });
  window.addEventListener('pagehide', () => source.close());
}
