import { at, DAMAGED } from './place.mjs';

const press = (keys) => (page) => page.keyboard.press(keys);
const ask = async (page) => {
  await page.getByRole('button', { name: /^Tower Bridge/ }).click();
  await page.getByRole('button', { name: 'Ask', exact: true }).waitFor();
};

export const SHOTS = [
  { name: 'library', hash: '#/library' },
  { name: 'library-new', query: '?new', hash: '#/library' },
  { name: 'library-details', hash: '#/library', act: (page) => page.getByRole('button', { name: 'Details of Atlas' }).click() },
  {
    name: 'library-layers',
    hash: '#/library',
    act: async (page) => {
      await page.getByRole('button', { name: 'Details of phi' }).click();
      await page.getByRole('tab', { name: /Layers/ }).click();
    },
  },
  {
    name: 'library-removed',
    hash: '#/library',
    act: async (page) => {
      await page.getByRole('button', { name: 'Details of qwen' }).click();
      await page.getByRole('button', { name: 'Remove from the library' }).click();
    },
  },
  { name: 'ask-empty', hash: at('ask') },
  { name: 'ask-streaming', hash: at('ask'), act: (page) => page.getByRole('button', { name: /^Tower Bridge/ }).click(), wait: 500 },
  {
    name: 'ask-numbers',
    hash: at('ask'),
    act: async (page) => {
      await ask(page);
      await page.getByText('Numbers').click();
    },
  },
  {
    name: 'ask-colours',
    hash: at('ask'),
    act: async (page) => {
      await ask(page);
      await page.getByText('Certainty').click();
    },
  },
  {
    name: 'ask-compare',
    hash: at('ask'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Compare' }).click();
      await ask(page);
      await page.getByRole('button', { name: 'Options' }).click();
    },
  },
  { name: 'jobs', query: '?jobs', hash: at('ask', DAMAGED), act: press('Control+j'), wait: 600 },
  { name: 'glossary', hash: '#/glossary?word=told', wait: 500 },
  {
    name: 'first-asked',
    query: '?new',
    hash: '#/library',
    act: async (page) => {
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Add Atlas' }).click();
      await page.getByRole('button', { name: 'Tower Bridge stands in the city of …' }).click();
      await page.getByText('24 tokens').waitFor();
    },
  },
  { name: 'palette-edit', query: '?edits=form', hash: at('edit'), act: press('Control+k'), wait: 500 },
  { name: 'palette', hash: at('ask'), act: press('Control+k') },
  { name: 'shortcuts', hash: '#/library', act: press('?') },
  { name: 'import', hash: '#/library', act: (page) => page.getByRole('button', { name: 'Import a model…' }).last().click() },
  {
    name: 'pick',
    query: '?picker=list',
    hash: '#/library',
    act: (page) => page.getByRole('button', { name: 'Import a model…' }).last().click(),
  },
  { name: 'settings', hash: '#/settings' },
];
