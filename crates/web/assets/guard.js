// Small protections: asking before what cannot be undone, one press is one act, no typed text lost by leaving,
// and the summary before sending.

export function startGuards(page) {
  page.addEventListener('submit', (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (event.defaultPrevented) return;
    if (form.dataset.sent === 'true' && !('ownSending' in form.dataset)) {
      event.preventDefault();
      return;
    }
    if (form.method === 'post') {
      form.dataset.sent = 'true';
      // A page that comes back from the history is a new chance.
      window.addEventListener('pageshow', () => { form.dataset.sent = 'false'; }, { once: true });
    }
  }, true);

  for (const form of page.querySelectorAll('form[data-guard]')) {
    let touched = false;
    form.addEventListener('input', () => { touched = true; });
    for (const name of ['submit', 'sent']) form.addEventListener(name, () => { touched = false; });
    window.addEventListener('beforeunload', (event) => {
      if (touched) event.preventDefault();
    });
  }

  for (const box of page.querySelectorAll('[data-summary]')) {
    const form = box.closest('form');
    const put = (name, text) => {
      const place = box.querySelector(`[data-of="${name}"]`);
      if (place) place.textContent = text || '(まだ選ばれていません)';
    };
    const files = { count: 0 };
    const renew = () => {
      const channel = form.querySelector('input[name="channel"]:checked');
      const level = form.querySelector('input[name="classification"]:checked');
      const people = [...form.querySelectorAll('input[name="recipient"]:checked')];
      put('channel', channel?.dataset.label);
      put('classification', level?.dataset.label);
      put('recipients', people.map((person) => person.dataset.label).join('、'));
      put('files', files.count > 0 ? `${files.count}個` : '');
      // Personal data may ask for more: then there is a row of its own for the level.
      const personal = form.querySelector('input[name="personal_data"]:checked');
      const row = (value) => form.querySelector(
        `[data-approvals="${CSS.escape(channel.value)}"] [data-level="${CSS.escape(value)}"]`,
      );
      const approvals = channel && level
        ? (personal && row(`${level.value}+`)) || row(level.value)
        : null;
      put('approvals', approvals?.textContent.trim());
    };
    form.addEventListener('change', renew);
    form.addEventListener('files-changed', (event) => {
      Object.assign(files, event.detail);
      renew();
    });
    box.hidden = false;
    renew();
  }
}
