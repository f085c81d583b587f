// The number beside お知らせ follows what happens while the page is open. Without it the next page says the new number.

export function startBell(bell) {
  const count = bell.querySelector('[data-count]');
  const source = new EventSource(bell.dataset.bell);
  source.addEventListener('unread', (event) => {
    const { unread } = JSON.parse(event.data);
    count.textContent = unread >= 100 ? '99+' : String(unread);
    count.parentElement.hidden = unread === 0;
  });
  // A connection that is kept would hold back a page that the browser keeps for going back.
  window.addEventListener('pagehide', () => source.close(), { once: true });
}
