import type * as v from 'valibot';

/** What is read of a schema of valibot here. */
interface Node {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Node>>;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly wrapped?: Node;
  readonly items?: readonly Node[];
  readonly pipe?: readonly { readonly kind: string; readonly type: string; readonly requirement?: unknown }[];
}

/** Fields that may be left out. */
const OPTIONAL = new Set(['optional', 'exact_optional']);

/** The plainest value that fits a schema: empty lists and texts, zeros, the first of a choice, nothing where nothing is asked for. */
export function plainest(schema: v.GenericSchema): unknown {
  return valueOf(schema as unknown as Node);
}

function valueOf(node: Node): unknown {
  const least = node.pipe?.find(({ type }) => type === 'min_value')?.requirement;
  switch (node.type) {
    case 'object':
    case 'strict_object':
    case 'loose_object':
      return Object.fromEntries(
        Object.entries(node.entries ?? {}).flatMap(([name, one]) => (OPTIONAL.has(one.type) ? [] : [[name, valueOf(one)]])),
      );
    case 'array':
      return [];
    case 'tuple':
      return (node.items ?? []).map(valueOf);
    case 'record':
    case 'unknown':
      return {};
    case 'string':
      return node.pipe?.some(({ type }) => type === 'non_empty') ? '–' : '';
    case 'number':
      return typeof least === 'number' ? least : 0;
    case 'boolean':
      return false;
    case 'literal':
      return node.literal;
    case 'picklist':
      return node.options?.[0];
    case 'variant':
    case 'union':
      return valueOf(node.options?.[0] as Node);
    case 'nullable':
    case 'nullish':
    case 'null':
      return null;
    case 'optional':
    case 'exact_optional':
      return undefined;
    default:
      throw new Error(`No plainest value is known for a schema of type ${node.type}; add it here.`);
  }
}
