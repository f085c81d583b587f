// Shows that an original was opened: saving a file leaves the page as it is, so the parts that tell are fetched anew.
// Without script the page says to load it again.

const TRIES_MAX = 12;

export function startInspection(page) {
  page.addEventListener('submit', (event) => {
    if (event.defaultPrevented || !('opens' in event.target.dataset)) return;
    let tries = 0;
    async function renew() {
      tries += 1;
      let told = false;
      try {
        const answer = await fetch(window.location.href, { headers: { accept: 'text/html' }, credentials: 'same-origin' });
        // A redirect means that the session ended or that there is nothing to decide any more.
        if (answer.ok && !answer.redirected) told = replace(await answer.text());
      } catch {
        // The next try may get through.
      }
      if (!told && tries < TRIES_MAX) window.setTimeout(renew, 1000);
    }
    window.setTimeout(renew, 600);
  });

  function replace(html) {
    const next = new DOMParser().parseFromString(html, 'text/html');
    let changed = false;
    for (const part of page.querySelectorAll('[data-opened]')) {
      const renewed = next.getElementById(part.id);
      if (renewed && renewed.dataset.opened !== part.dataset.opened) {
        part.replaceWith(renewed);
        changed = true;
      }
    }
    return changed;
  }
}
