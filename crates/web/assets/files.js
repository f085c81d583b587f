// Files that are made when they are asked for. Without script the link does it all; with it the page says that work is under way
// when it takes longer than a second, and what went wrong without leaving the page.

const PATIENCE_MS = 1000;

export function startFiles(page) {
  for (const link of page.querySelectorAll('a[data-file]')) link.addEventListener('click', (event) => take(event, link));
}

async function take(event, link) {
  // Another tab or another name is the browser's own business.
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.getAttribute('aria-busy') === 'true') return;
  const status = link.parentElement.querySelector('[data-file-status]');
  const say = (text) => { if (status) status.textContent = text; };
  link.setAttribute('aria-busy', 'true');
  const late = setTimeout(() => say(`${link.dataset.file}を作っています…`), PATIENCE_MS);
  try {
    const answer = await fetch(link.href, { credentials: 'same-origin' });
    const name = nameOf(answer);
    // An error, or the page for logging in again: the browser shows it.
    if (!answer.ok || !name) {
      window.location.assign(link.href);
      return;
    }
    const saved = document.createElement('a');
    saved.href = URL.createObjectURL(await answer.blob());
    saved.download = name;
    saved.click();
    setTimeout(() => URL.revokeObjectURL(saved.href), 60_000);
    say(`${link.dataset.file}を保存しました。`);
  } catch {
    say('サーバにつながりません。少し待ってから、もう一度お試しください。');
  } finally {
    clearTimeout(late);
    link.removeAttribute('aria-busy');
  }
}

function nameOf(answer) {
  const found = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get('content-disposition') || '');
  return found ? decodeURIComponent(found[1]) : '';
}
