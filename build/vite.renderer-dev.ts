import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const root = resolve(import.meta.dirname, '..');
const page = resolve(root, 'test/renderer');

/** The page with sample data behind it: `npx vite --config build/vite.renderer-dev.ts`, then /dev.html. */
export default defineConfig({
  root: page,
  base: './',
  publicDir: false,
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
  server: { fs: { allow: [root] } },
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
