// Fields that depend on an earlier answer: shown when they are asked for. The server reads no answer that was not asked for,
// so what was typed into one may stay there. Without this script all of them are shown, and each says when it counts.

export function startAsks(form) {
  const fields = [...form.querySelectorAll('[data-asked-by]')];
  const answer = (name) => {
    const asked = form.elements[name];
    if (!asked) return null;
    const box = asked.closest('[data-asked-by]');
    if (box?.hidden) return null;
    return asked.type === 'checkbox' ? String(asked.checked) : asked.value.trim();
  };
  const renew = () => {
    // In the order of the page: a condition speaks only of what comes before it.
    for (const field of fields) {
      const wanted = answer(field.dataset.askedBy) === field.dataset.askedWhen;
      // What is wrong is never out of sight.
      field.hidden = !wanted && !field.querySelector('.field__error');
    }
  };
  form.addEventListener('change', renew);
  // A form that comes back from the history has its answers put in later.
  window.addEventListener('pageshow', renew);
  renew();
}
