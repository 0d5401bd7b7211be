/** Names that Node, Playwright and assertion libraries read on any object to find out what it is. */
const ASKED_OF_ANYTHING = new Set(['then', 'toJSON', 'inspect', 'nodeType', 'asymmetricMatch', '$$typeof', '__esModule', 'default', 'name', 'length']);

const isHarmless = (key: string | symbol): boolean => typeof key === 'symbol' || ASKED_OF_ANYTHING.has(key);

/** The error for whatever the double lacks: a test must never pass because a call went nowhere. */
export function noSuch(name: string): Error {
  return new Error(`the Electron double has no ${name}`);
}

/** A prototype above which reading an unknown member throws. At the end of the chain, so that private members and `in` keep working. */
function refusing(above: object, name: string): object {
  return new Proxy(Object.create(above) as object, {
    get(target, key, receiver): unknown {
      if (key in target || isHarmless(key)) return Reflect.get(target, key, receiver);
      throw noSuch(`${name}.${String(key)}`);
    },
  });
}

/** Makes reading a member that instances of a class lack an error that names it. */
export function strictClass(type: { readonly name: string; readonly prototype: object }, name = type.name): void {
  Object.setPrototypeOf(type.prototype, refusing(Object.getPrototypeOf(type.prototype) as object, name));
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
