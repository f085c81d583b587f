// Starts whatever a page needs. Every page works without it; nothing here is loaded from elsewhere.

import { startDropzone } from './dropzone.js';
import { startLive } from './live.js';
import { startPicker } from './picker.js';
import { startGuards } from './guard.js';

for (const element of document.querySelectorAll('[data-dropzone]')) startDropzone(element);
for (const element of document.querySelectorAll('[data-live]')) startLive(element);
for (const element of document.querySelectorAll('[data-picker]')) startPicker(element);
startGuards(document);

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
