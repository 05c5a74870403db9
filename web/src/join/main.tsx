/** The page that joins from a browser tab. */
import '../style/tones.css';
import '../style/panels.css';
import './join.css';
import { render } from 'preact';
import { applyTheme } from '../dashboard/parts/theme-switch.js';
import { App } from './app.js';
import { keepLooking } from './state/asking.js';
import { takeInvitation } from './state/door.js';

applyTheme();
takeInvitation();
void keepLooking();
const place = document.getElementById('app');
if (place) render(<App />, place);
