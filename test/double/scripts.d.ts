/** A TypeScript file bundled to one script, as text; build/vite.double.ts makes it. */
declare module '*?script' {
  export const text: string;
}
