// The page's script: curves and attention, drawn from the data in the page.
import type { PageData } from '../page/data.js';
import { showAttention } from './attention.js';
import { showCharts } from './charts.js';

const data = JSON.parse(document.getElementById('data')!.textContent!) as PageData;

const charts = document.getElementById('charts');
if (charts) showCharts(charts, data);
const maps = document.getElementById('attention-maps');
if (maps) showAttention(maps, data);

const onlyDifferent = document.getElementById('only-different') as HTMLInputElement | null;
onlyDifferent?.addEventListener('change', () => {
  document.getElementById('configuration')!.classList.toggle('filtered', onlyDifferent.checked);
});
