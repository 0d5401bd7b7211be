import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const root = resolve(import.meta.dirname, '..');
const page = resolve(root, 'test/renderer');

/** The page with sample data behind it, for tests; live by `npm run dev`. */
export default defineConfig({
  root: page,
  base: './',
  publicDir: false,
  plugins: [svelte({ configFile: resolve(root, 'svelte.config.js') })],
  // Above the root, where the page's address for it does not lead while it is served live.
  resolve: { alias: { '/renderer': resolve(root, 'renderer') } },
  server: { fs: { allow: [root] }, open: '/dev.html' },
  build: {
    outDir: resolve(root, 'dist/renderer-dev'),
    emptyOutDir: true,
    target: ['es2023', 'chrome130'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    minify: false,
    rolldownOptions: { input: resolve(page, 'dev.html') },
  },
});
