import type { Rectangle } from 'electron';

/** Least part of a window that must lie on a screen, so that it can be seen and moved (px). */
const VISIBLE = { width: 120, height: 60 };

/** Where to open a window that was last at `bounds`: there, if a screen still shows enough of it, and no larger than that screen. */
export function fitted(bounds: Rectangle, screens: readonly Rectangle[]): Partial<Rectangle> & { width: number; height: number } {
  const screen = screens.find(
    (area) =>
      overlap(bounds.x, bounds.width, area.x, area.width) >= VISIBLE.width &&
      overlap(bounds.y, VISIBLE.height, area.y, area.height) >= VISIBLE.height,
  );
  const largest = screen ?? screens[0];
  const width = Math.min(bounds.width, largest?.width ?? bounds.width);
  const height = Math.min(bounds.height, largest?.height ?? bounds.height);
  return screen === undefined ? { width, height } : { x: bounds.x, y: bounds.y, width, height };
}

function overlap(a: number, aLength: number, b: number, bLength: number): number {
  return Math.min(a + aLength, b + bLength) - Math.max(a, b);
}
