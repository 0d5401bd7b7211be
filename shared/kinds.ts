/**
 * Every kind of ledger entry, as people see it. What each holds and does is in electron/ledger/kinds/<kind>.ts.
 * A new kind is a line here, a line in electron/ledger/kinds/all.ts, and its file there.
 */
export const ENTRY_KINDS = {
  import: { label: 'Import', icon: 'download', version: 'begins' },
  edit: { label: 'Edit', icon: 'edit', tone: 'accent', version: 'adds', report: 'edit' },
  steer: { label: 'Steering', icon: 'steer', tone: 'accent', version: 'adds' },
  check: { label: 'Check', icon: 'search', report: 'check' },
  tag: { label: 'Tag', icon: 'tag' },
  finding: { label: 'Finding', icon: 'locate', said: 'looked inside' },
  note: { label: 'Note', icon: 'note', said: 'noted' },
  approve: { label: 'Approval', icon: 'check', tone: 'good', said: 'approved', verdict: 'approve' },
  reject: { label: 'Rejection', icon: 'cross', tone: 'bad', said: 'rejected', verdict: 'reject' },
  rollback: { label: 'Roll back', icon: 'undo', version: 'goes back' },
  revert: { label: 'Revert', icon: 'revert', version: 'takes out', report: 'check' },
  export: { label: 'Export', icon: 'upload' },
  policy: { label: 'Policy', icon: 'settings' },
  verify: { label: 'Verification', icon: 'shield' },
  anchor: { label: 'Anchoring', icon: 'lock' },
} as const satisfies Readonly<Record<string, EntryKind>>;

/**
 * What an entry does to the version that is current: it begins with the import, adds a part, takes one out, or goes back to an earlier one.
 */
export type VersionRole = 'begins' | 'adds' | 'takes out' | 'goes back';

export interface EntryKind {
  readonly label: string;
  /** One of the renderer's icons. */
  readonly icon: string;
  readonly tone?: 'accent' | 'good' | 'bad';
  /** Left out where the current version stays as it is. */
  readonly version?: VersionRole;
  /** Of a remark on an entry or a version: what its author did. */
  readonly said?: string;
  /** Of a remark that judges. */
  readonly verdict?: 'approve' | 'reject';
  /** What its evidence "report" is of, to be shown as that. */
  readonly report?: 'edit' | 'check';
}

export type Kind = keyof typeof ENTRY_KINDS;
type KindWith<Trait> = { [K in Kind]: (typeof ENTRY_KINDS)[K] extends Trait ? K : never }[Kind];
/** Kinds whose entries make a version the current one. */
export type VersionKind = KindWith<{ readonly version: VersionRole }>;
/** Kinds whose entries add a part to the version. */
export type PartKind = KindWith<{ readonly version: 'adds' }>;
/** Kinds whose entries remark on another or on a version. */
export type RemarkKind = KindWith<{ readonly said: string }>;

/** The names of all kinds. */
export function kindNames(): Kind[] {
  return Object.keys(ENTRY_KINDS) as Kind[];
}

/** A kind as people see it. */
export function kindInfo(kind: Kind): EntryKind {
  return ENTRY_KINDS[kind];
}

export function makesVersion(kind: Kind): kind is VersionKind {
  return kindInfo(kind).version !== undefined;
}

export function addsPart(kind: Kind): kind is PartKind {
  return kindInfo(kind).version === 'adds';
}

export function isRemark(kind: Kind): kind is RemarkKind {
  return kindInfo(kind).said !== undefined;
}
