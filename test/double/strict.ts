/** Names that Node, Playwright and assertion libraries read on any object to find out what it is. */
const ASKED_OF_ANYTHING = new Set([
  'then',
  'toJSON',
  'inspect',
  'nodeType',
  'asymmetricMatch',
  '$$typeof',
  '__esModule',
  'default',
  'name',
  'length',
]);

const isHarmless = (key: string | symbol): boolean => typeof key === 'symbol' || ASKED_OF_ANYTHING.has(key);

/** The error for whatever the double lacks: a test must never pass because a call went nowhere. */
export function noSuch(name: string): Error {
  return new Error(`the Electron double has no ${name}`);
}

/** A prototype beyond which reading an unknown member throws. At the end of the chain, so that private members and `in` keep working. */
function refusing(beyond: object, name: string): object {
  return new Proxy(beyond, {
    get(target, key, receiver): unknown {
      if (key in target || isHarmless(key)) return Reflect.get(target, key, receiver);
      throw noSuch(`${name}.${String(key)}`);
    },
  });
}

/** Makes reading a member that a class or its instances lack an error that names it. */
export function strictClass(type: { readonly name: string; readonly prototype: object }, name = type.name): void {
  // An object between, for `instanceof` looks for the parent's prototype itself.
  Object.setPrototypeOf(type.prototype, refusing(Object.create(Object.getPrototypeOf(type.prototype) as object) as object, name));
  Object.setPrototypeOf(type, refusing(Object.getPrototypeOf(type) as object, name));
}

/** The same for one plain object. */
export function strictObject<T extends object>(name: string, members: T): T {
  Object.setPrototypeOf(members, refusing(Object.prototype, name));
  return members;
}

/** Stands for a part of Electron that can be imported, but not used. */
export function absent(name: string): unknown {
  const refuse = (): never => {
    throw noSuch(name);
  };
  return new Proxy(function absentPart() {} as () => void, {
    get(target, key): unknown {
      if (isHarmless(key) || key === 'prototype') return Reflect.get(target, key);
      throw noSuch(`${name}.${String(key)}`);
    },
    set: refuse,
    apply: refuse,
    construct: refuse,
  });
}
