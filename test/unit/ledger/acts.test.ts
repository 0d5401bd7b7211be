import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partsOf } from '../../../electron/ledger/versions.ts';
import { MemoryFiles } from '../storage/memory-files.ts';
import { BY, commit, importBody, open } from './samples.ts';

type Act =
  | { do: 'edit'; n: number }
  | { do: 'revert'; pick: number }
  | { do: 'rollback'; pick: number }
  | { do: 'tag' | 'note' | 'reopen' | 'powerCut' };

const acts = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('edit' as const), n: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('revert' as const), pick: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('rollback' as const), pick: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('tag' as const, 'note' as const, 'reopen' as const, 'powerCut' as const) }) },
  ),
  { maxLength: 25 },
);

/** The plainest model of it: the list in force, and every list that was current, as names of edits. */
it('any acts, with closings and power cuts in between, come to the same versions after reopening', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (list: Act[]) => {
      const files = new MemoryFiles();
      let ledger = await open('/l', { files, create: true });
      await ledger.append('import', importBody(), BY);
      let active: { n: number; entry: number }[] = [];
      const known = new Map<string, { n: number; entry: number }[]>([[ledger.history.current.id, []]]);
      let acknowledged = 1;

      for (const act of list) {
        const parent = ledger.history.current.id;
        if (act.do === 'edit') {
          active = [...active, { n: act.n, entry: (await commit(ledger, act.n)).seq }];
        } else if (act.do === 'revert') {
          if (active.length === 0) continue;
          const at = act.pick % active.length;
          const entry = await ledger.append('revert', { parent, entry: active[at]!.entry, changed: [], checks: [], evidence: {} }, BY);
          expect(entry.body.later).toEqual(active.slice(at + 1).map((one) => one.entry));
          active = active.filter((_, index) => index !== at);
        } else if (act.do === 'rollback') {
          const [version, then] = [...known][act.pick % known.size]!;
          if (version === parent) continue;
          await ledger.append('rollback', { parent, version, changed: [] }, BY);
          active = then;
        } else if (act.do === 'tag') {
          await ledger.append('tag', { name: `t${ledger.head.seq}`, version: parent }, BY);
        } else if (act.do === 'note') {
          await ledger.append('note', { version: parent }, BY);
        } else {
          if (act.do === 'reopen') await ledger.close();
          else {
            files.powerCut();
            if (files.paths().includes('/l/LOCK')) await files.remove('/l/LOCK');
          }
          ledger = await open('/l', { files });
          expect(ledger.entries).toHaveLength(acknowledged);
          continue;
        }
        acknowledged++;
        known.set(ledger.history.current.id, active);
      }

      await ledger.close();
      const again = await open('/l', { files });
      expect(partsOf(again.history.current).map((part) => part.entry)).toEqual(active.map((one) => one.entry));
      expect(again.entries).toHaveLength(acknowledged);
      expect(again.list().total).toBe(acknowledged);
      expect((await again.verify()).ok).toBe(true);
      // What is in force alone decides the id: equal lists of edits have equal ids, others have others.
      const names = new Map([...known].map(([id, parts]) => [id, parts.map((one) => one.n).join()]));
      expect(new Set(names.values()).size).toBe(names.size);
    }),
    { numRuns: 40 },
  );
});
