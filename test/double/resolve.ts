import Module, { register } from 'node:module';
import { pathToFileURL } from 'node:url';

const NAMES = ['electron', 'electron/main', 'electron/common', 'electron/utility'];

interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

/** Makes `electron` mean a file of the double, for `require` and for `import`. */
export function resolveElectronTo(file: string): void {
  const resolver = Module as unknown as Resolver;
  const original = resolver._resolveFilename.bind(resolver);
  resolver._resolveFilename = (request, ...rest) => (NAMES.includes(request) ? file : original(request, ...rest));
  const found = JSON.stringify({ url: pathToFileURL(file).href, format: 'commonjs', shortCircuit: true });
  const hook = `export const resolve = (name, context, next) => ${JSON.stringify(NAMES)}.includes(name) ? ${found} : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
