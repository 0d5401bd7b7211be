import { mount } from 'svelte';
import App from './App.svelte';
import { browserHost } from './client/browser.ts';
import { useHost } from './client/client.ts';
import { desktopHost } from './client/desktop.ts';
import './styles/tokens.css';
import './styles/base.css';

useHost(window.emend ? desktopHost(window.emend) : browserHost());
mount(App, { target: document.getElementById('app')! });
