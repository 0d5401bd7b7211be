import type { Picked, PickKind } from '../../shared/contract/host.ts';

interface Question {
  readonly kind: PickKind;
  readonly name: string;
  readonly answer: (picked: Picked | undefined) => void;
}

/** The question that the PickPath dialog is asked; it stands in the shell, so that any screen can ask. */
class Picking {
  question = $state.raw<Question | undefined>();
  /** The folder that was looked into last. */
  last: Picked | undefined;

  ask(kind: Question['kind'], name: string): Promise<Picked | undefined> {
    return new Promise((resolve) => {
      this.question = {
        kind,
        name,
        answer: (picked) => {
          this.question = undefined;
          resolve(picked);
        },
      };
    });
  }
}

export const picking = new Picking();
