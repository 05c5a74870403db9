/** The dashboard's page. */
import '../style/tones.css';
import '../style/panels.css';
import '../style/dashboard.css';
import { render } from 'preact';
import { App } from './app.js';
import { applyTheme } from './parts/theme-switch.js';

applyTheme();
const place = document.getElementById('app');
if (place) render(<App />, place);
