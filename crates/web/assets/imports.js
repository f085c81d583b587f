// The review of an imported text: the source shows the part at once, and follows the statement in hand.
// Without script the marked part is reached by scrolling, and every number in the source leads to its statement.

export function startReview(page) {
  const box = page.querySelector('[data-source]');
  if (!box) return;
  const show = (element) => {
    // Within the box only: the page itself stays where the person put it.
    const from = element.getBoundingClientRect().top - box.getBoundingClientRect().top;
    box.scrollTop += from - box.clientHeight / 4;
  };
  const marked = box.querySelector('mark');
  if (marked) show(marked);

  for (const card of page.querySelectorAll('[data-statement]')) {
    const place = page.getElementById(`src-${card.dataset.statement}`);
    if (!place) continue;
    card.addEventListener('focusin', () => show(place));
    card.addEventListener('pointerenter', () => place.classList.add('src__n--now'));
    card.addEventListener('pointerleave', () => place.classList.remove('src__n--now'));
  }

  const tree = page.querySelector('.review__tree');
  const current = tree?.querySelector('[aria-current]');
  if (current) tree.scrollTop = current.offsetTop - tree.clientHeight / 3;
}
