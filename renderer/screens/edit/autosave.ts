/** Calls `work` a while after the last `soon()`. */
export interface Later {
  soon(): void;
  /** Does at once what is waiting. */
  flush(): void;
  /** Forgets what is waiting. */
  drop(): void;
}

/** @param wait milliseconds of quiet before the work is done */
export function later(work: () => void, wait: number): Later {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const drop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const run = () => {
    drop();
    work();
  };
  return {
    soon: () => {
      clearTimeout(timer);
      timer = setTimeout(run, wait);
    },
    flush: () => {
      if (timer !== undefined) run();
    },
    drop,
  };
}
