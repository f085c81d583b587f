// Choosing recipients while typing. Without script the same search button asks the server for a new page.

export function startPicker(root) {
  const text = root.querySelector('input[type="search"]');
  const button = root.querySelector('button[name="search"]');
  const found = root.querySelector('[data-found]');
  const chosen = root.querySelector('[data-chosen-people]');
  const none = root.querySelector('[data-none]');
  const voice = root.querySelector('[data-voice]');
  const { source } = root.dataset;
  let timer = 0;
  let latest = 0;

  function settle() {
    none.hidden = chosen.children.length > 0;
  }

  // A tick moves a person up to the chosen ones; a tick taken away removes him.
  root.addEventListener('change', (event) => {
    const tick = event.target;
    if (tick.name !== 'recipient') return;
    const row = tick.closest('li');
    const name = row.textContent.trim();
    if (tick.checked && !chosen.contains(row)) {
      chosen.append(row);
      voice.textContent = `${name} を加えました。`;
      tick.focus();
    } else if (!tick.checked && chosen.contains(row)) {
      row.remove();
      voice.textContent = `${name} を外しました。`;
      text.focus();
    }
    settle();
  });

  async function search() {
    const mine = ++latest;
    const query = text.value.trim();
    if (query === '') {
      found.replaceChildren();
      return;
    }
    try {
      const channel = root.closest('form').querySelector('input[name="channel"]:checked')?.value ?? '';
      const address = `${source}?${new URLSearchParams({ q: query, channel })}`;
      const answer = await fetch(address, { headers: { accept: 'text/html' }, credentials: 'same-origin' });
      if (mine !== latest) return;
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const have = new Set([...chosen.querySelectorAll('input')].map((tick) => tick.value));
      const rows = [...page.querySelectorAll('li')].filter((row) => !have.has(row.querySelector('input')?.value));
      found.replaceChildren(...rows);
      voice.textContent = rows.length === 0 ? '該当する人はいません。' : `${rows.length}人見つかりました。`;
    } catch {
      voice.textContent = '検索できませんでした。もう一度お試しください。';
    }
  }

  text.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, 200);
  });
  text.addEventListener('keydown', (event) => {
    // Enter searches; it must not send the whole form.
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
  button.addEventListener('click', (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
  settle();
}
