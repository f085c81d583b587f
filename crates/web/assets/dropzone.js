// Choosing files by drag and drop: several files, whole folders, a list to take some out again, and an upload that
// shows how far it is. The form posts to the same address as without script, and its fields stay the same.

const units = ['B', 'KB', 'MB', 'GB'];

/** Bytes as people read them; the same steps as on the server. */
export function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Reads a dropped folder to its leaves. A browser hands out at most 100 entries at a time. */
async function walk(entry, path, found, most) {
  if (found.length > most) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ file, path: path + file.name });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return;
    for (const child of entries) await walk(child, `${path}${entry.name}/`, found, most);
  }
}

export function startDropzone(zone) {
  const form = zone.closest('form');
  const inputs = [...zone.querySelectorAll('input[type="file"]')];
  const list = zone.querySelector('[data-chosen]');
  const total = zone.querySelector('[data-total]');
  const status = zone.querySelector('[data-status]');
  const bar = zone.querySelector('progress');
  const errors = form.querySelector('[data-errors]');
  let chosen = [];
  let sending = false;

  for (const element of zone.querySelectorAll('[data-script]')) element.hidden = false;

  // The limits are those of the channel that is chosen now.
  function limits() {
    const channel = form.querySelector('input[name="channel"]:checked')?.dataset ?? zone.dataset;
    return {
      each: Number(channel.fileBytesMax ?? zone.dataset.fileBytesMax),
      total: Number(zone.dataset.totalBytesMax),
      count: Number(channel.filesMax ?? zone.dataset.filesMax),
    };
  }

  function problemOf(item, limit) {
    if (item.file.size === 0) return '空のファイルです。送れません。';
    if (item.file.size > limit.each) return `1つ${size(limit.each)}までです。分けるか小さくしてください。`;
    return '';
  }

  function show() {
    const limit = limits();
    list.replaceChildren();
    list.hidden = chosen.length === 0;
    let bytes = 0;
    let bad = 0;
    for (const item of chosen) {
      bytes += item.file.size;
      const row = document.createElement('li');
      const name = document.createElement('span');
      name.className = 'file__name';
      name.textContent = item.path;
      const amount = document.createElement('span');
      amount.className = 'small weak nowrap';
      amount.textContent = size(item.file.size);
      const remove = document.createElement('button');
      remove.type = 'button';
      remove.className = 'button button--small';
      remove.textContent = '外す';
      remove.setAttribute('aria-label', `${item.path} を外す`);
      remove.addEventListener('click', () => {
        chosen = chosen.filter((other) => other !== item);
        show();
        status.textContent = `${item.path} を外しました。`;
        inputs[0].focus();
      });
      row.append(name, amount, remove);
      const problem = problemOf(item, limit);
      if (problem) {
        bad += 1;
        const note = document.createElement('span');
        note.className = 'chosen__bad field__error';
        note.textContent = problem;
        row.append(note);
      }
      list.append(row);
    }
    const parts = [`${chosen.length}個`, `合計 ${size(bytes)}`];
    if (chosen.length > limit.count) parts.push(`1回に送れるのは${limit.count}個までです`);
    if (bytes > limit.total) parts.push(`合計${size(limit.total)}までです`);
    total.textContent = chosen.length === 0 ? '' : parts.join(' / ');
    total.classList.toggle('field__error', parts.length > 2);
    form.dispatchEvent(new CustomEvent('files-changed', { detail: { count: chosen.length, bytes } }));
    return bad === 0 && parts.length === 2;
  }

  function add(items) {
    const have = new Set(chosen.map((item) => `${item.path}\n${item.file.size}`));
    const added = items.filter((item) => !have.has(`${item.path}\n${item.file.size}`));
    chosen = chosen.concat(added);
    show();
    status.textContent = `${added.length}個のファイルを加えました。全部で${chosen.length}個です。`;
  }

  for (const input of inputs) {
    input.required = false;
    input.addEventListener('change', () => {
      add([...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
      input.value = '';
    });
  }

  // Files may be dropped anywhere on the page: missing the frame must not make the browser open the file.
  for (const name of ['dragenter', 'dragover']) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      zone.toggleAttribute('data-over', true);
    });
  }
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) zone.toggleAttribute('data-over', false);
  });
  document.addEventListener('drop', async (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    zone.toggleAttribute('data-over', false);
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const found = [];
    try {
      for (const entry of entries) await walk(entry, '', found, limits().count + 1);
    } catch {
      status.textContent = 'フォルダの中身を読み取れませんでした。ファイルを選び直してください。';
    }
    add(found);
  });
  for (const radio of form.querySelectorAll('input[name="channel"]')) radio.addEventListener('change', show);

  form.addEventListener('submit', (event) => {
    // A search for recipients is an ordinary request, not the sending.
    if (event.submitter?.name === 'search') return;
    event.preventDefault();
    if (sending || !form.reportValidity()) return;
    if (chosen.length === 0) {
      status.textContent = 'ファイルを選んでください。';
      total.textContent = 'ファイルを選んでください。';
      total.classList.add('field__error');
      inputs[0].focus();
      return;
    }
    if (!show()) {
      list.scrollIntoView({ block: 'center' });
      return;
    }
    send();
  });

  function send() {
    // Fields go before files, because the server stores files while they arrive and must know the channel by then.
    const data = new FormData();
    for (const [name, value] of new FormData(form)) {
      if (!(value instanceof File)) data.append(name, value);
    }
    for (const item of chosen) data.append('file', item.file, item.path);
    const buttons = form.querySelectorAll('button');
    const release = () => {
      sending = false;
      bar.hidden = true;
      for (const button of buttons) button.removeAttribute('aria-disabled');
    };
    sending = true;
    bar.hidden = false;
    bar.value = 0;
    for (const button of buttons) button.setAttribute('aria-disabled', 'true');
    const request = new XMLHttpRequest();
    let told = -1;
    request.upload.addEventListener('progress', (step) => {
      if (!step.lengthComputable) return;
      bar.value = step.loaded / step.total;
      const percent = Math.floor((step.loaded / step.total) * 10) * 10;
      if (percent !== told) {
        told = percent;
        status.textContent = percent === 100 ? '送信しました。受け付けています。' : `送信中 ${percent}%`;
        total.textContent = status.textContent;
      }
    });
    request.addEventListener('load', () => {
      if (request.status < 300) {
        form.dispatchEvent(new CustomEvent('sent'));
        window.location.assign(request.responseURL);
        return;
      }
      const answer = new DOMParser().parseFromString(request.responseText, 'text/html');
      const found = answer.querySelector('[data-errors] > *') ?? answer.querySelector('main .notice');
      release();
      show();
      // It was told as sent when its last byte was.
      status.textContent = '';
      if (found) errors.replaceChildren(document.importNode(found, true));
      else errors.textContent = '送信できませんでした。もう一度お試しください。';
      errors.tabIndex = -1;
      errors.focus();
    });
    for (const name of ['error', 'abort', 'timeout']) {
      request.addEventListener(name, () => {
        release();
        status.textContent = '送信が途中で止まりました。通信を確かめて、もう一度押してください。二重に送られることはありません。';
        total.textContent = status.textContent;
        total.classList.add('field__error');
      });
    }
    request.open('POST', form.action);
    request.send(data);
  }

  window.addEventListener('beforeunload', (event) => {
    if (sending) event.preventDefault();
  });
}
