// Starts whatever a page needs. Every page works without it; nothing here is loaded from elsewhere.

import { startDropzone } from './dropzone.js';
import { startLive } from './live.js';
import { startPicker } from './picker.js';
import { startGuards } from './guard.js';
import { startInspection } from './inspect.js';
import { startReview } from './imports.js';
import { startBell } from './bell.js';
import { startFiles } from './files.js';
import { startAsks } from './asks.js';

for (const element of document.querySelectorAll('[data-dropzone]')) startDropzone(element);
for (const element of document.querySelectorAll('[data-live]')) startLive(element);
for (const element of document.querySelectorAll('[data-picker]')) startPicker(element);
startGuards(document);
startInspection(document);
startReview(document);
for (const element of document.querySelectorAll('[data-bell]')) startBell(element);
startFiles(document);
for (const form of document.querySelectorAll('form:has([data-asked-by])')) startAsks(form);

// What was just done is said once, not again when the page is opened from the history or reloaded.
if (new URLSearchParams(window.location.search).has('done')) {
  const address = new URL(window.location.href);
  address.searchParams.delete('done');
  window.history.replaceState(window.history.state, '', address);
}

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
