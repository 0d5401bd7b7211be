/** For the builds, svelte-check and editors alike. */
export default { compilerOptions: { runes: true } };
