import type { Attachment } from 'svelte/attachments';

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex], [contenteditable]';

/**
 * Makes an element scroll what does not fit into it, and keeps that within reach of the keyboard: while something is out of sight
 * and nothing inside can take the focus, the element takes it itself, and is read out by its name.
 * The only way for a part of the page to scroll; base.css has the rules.
 * @param label read out; the element's own role, name and place among the stops of Tab are left as they are
 * @param axis 'x' where only what is too wide may scroll, 'y' where only what is too high
 */
export function scrollable(label: string, axis: 'x' | 'y' | 'both' = 'both'): Attachment<HTMLElement> {
  return (element) => {
    element.dataset['scrolls'] = axis;
    if (element.hasAttribute('tabindex')) return;
    const isNamed = element.hasAttribute('aria-label') || element.hasAttribute('aria-labelledby');
    // A list stays a list.
    const isPlain = element.tagName === 'DIV' && !element.hasAttribute('role');
    let isStop = false;

    function follow() {
      const isCut = element.scrollHeight > element.clientHeight || element.scrollWidth > element.clientWidth;
      const shouldStop = isCut && ![...element.querySelectorAll(FOCUSABLE)].some(canTakeFocus);
      if (shouldStop === isStop) return;
      isStop = shouldStop;
      set('tabindex', '0');
      if (!isNamed) set('aria-label', label);
      if (isPlain) set('role', 'region');
    }
    function set(name: string, value: string) {
      if (isStop) element.setAttribute(name, value);
      else element.removeAttribute(name);
    }

    const sizes = new ResizeObserver(follow);
    const observe = () => {
      sizes.observe(element);
      for (const child of element.children) sizes.observe(child);
    };
    const content = new MutationObserver(() => {
      observe();
      follow();
    });
    observe();
    content.observe(element, { childList: true, subtree: true, characterData: true, attributeFilter: ['disabled', 'hidden', 'tabindex'] });
    return () => {
      sizes.disconnect();
      content.disconnect();
    };
  };
}

function canTakeFocus(element: Element): boolean {
  return element instanceof HTMLElement && element.tabIndex >= 0 && !element.matches(':disabled') && element.checkVisibility();
}
