type Listener = (...args: unknown[]) => void;

/** The `events` module of a sandboxed preload script: as much of EventEmitter as has a use there. */
export class EventEmitter {
  private readonly listeners = new Map<string, { readonly listener: Listener; readonly once: boolean }[]>();

  on(event: string, listener: Listener): this {
    return this.add(event, listener, false);
  }

  once(event: string, listener: Listener): this {
    return this.add(event, listener, true);
  }

  off(event: string, listener: Listener): this {
    const all = this.listeners.get(event) ?? [];
    const last = all.findLastIndex((entry) => entry.listener === listener);
    this.listeners.set(
      event,
      all.filter((_, i) => i !== last),
    );
    return this;
  }

  addListener(event: string, listener: Listener): this {
    return this.on(event, listener);
  }

  removeListener(event: string, listener: Listener): this {
    return this.off(event, listener);
  }

  removeAllListeners(event?: string): this {
    if (event === undefined) this.listeners.clear();
    else this.listeners.delete(event);
    return this;
  }

  listenerCount(event: string): number {
    return this.listeners.get(event)?.length ?? 0;
  }

  emit(event: string, ...args: unknown[]): boolean {
    const all = this.listeners.get(event) ?? [];
    for (const { listener, once } of all) {
      if (once) this.off(event, listener);
      listener.apply(this, args);
    }
    return all.length > 0;
  }

  private add(event: string, listener: Listener, once: boolean): this {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), { listener, once }]);
    return this;
  }
}
