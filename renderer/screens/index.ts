/** The component of each screen of shared/screens.ts, under its id. */
export { default as library } from './library/LibraryScreen.svelte';
export { default as ask } from './ask/AskScreen.svelte';
export { default as locate } from './locate/LocateScreen.svelte';
export { default as edit } from './edit/EditScreen.svelte';
export { default as dissect } from './dissect/DissectScreen.svelte';
export { default as steer } from './steer/SteerScreen.svelte';
export { default as versions } from './versions/VersionsScreen.svelte';
export { default as log } from './log/LogScreen.svelte';
export { default as facts } from './facts/FactsScreen.svelte';
export { default as glossary } from './glossary/GlossaryScreen.svelte';
export { default as settings } from './settings/SettingsScreen.svelte';
