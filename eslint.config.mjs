import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Strict Svelte: attributes that the page's content policy would refuse are found here. */
const inSvelte = {
  files: ['**/*.svelte', '**/*.svelte.ts'],
  languageOptions: { parserOptions: { parser: tseslint.parser }, globals: globals.browser },
  rules: {
    'no-undef': 'off', // svelte-check knows better
    'prefer-const': 'off', // props that are bound
    'svelte/prefer-svelte-reactivity': 'off', // plain maps where nothing on screen depends on them
    'no-restricted-syntax': [
      'error',
      {
        selector: "SvelteAttribute[key.name='style']",
        message: 'The content policy refuses style attributes; use style:property or a class.',
      },
      { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
    ],
  },
};

/** What is checked for more than the length of its lines. */
const PRODUCT = ['**/*.ts', '**/*.svelte'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'electron/engine/onnx/proto/onnx_pb.ts', 'models/'] },
  { files: ['**/*.{ts,svelte,mjs,cjs}'], rules: { 'max-len': ['error', { code: 140 }] } },
  ...tseslint.configs.strict.map((config) => ({ files: PRODUCT, ...config })),
  ...svelte.configs.recommended,
  {
    files: PRODUCT,
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Export by name.' }],
    },
  },
  inSvelte,
  { files: ['**/*.config.ts', '*.config.js', 'build/*.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
