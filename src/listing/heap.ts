/** A binary heap: the first item by some order at any time, without a pause for sorting. */

/** A binary heap. */
export interface Heap<T> {
  push(item: T): void;
  /** The first item, or null. */
  peek(): T | null;
  /** Takes the first item out, or null. */
  pop(): T | null;
}

/** @param isBefore - whether `a` goes out before `b`; a strict order. */
export function createHeap<T extends object>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = [];

  function firstChild(of: number): { readonly item: T; readonly at: number } | null {
    const at = 2 * of + 1;
    const [left, right] = [items[at], items[at + 1]];
    if (left === undefined) return null;
    return right !== undefined && isBefore(right, left) ? { item: right, at: at + 1 } : { item: left, at };
  }

  function push(item: T): void {
    let at = items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !isBefore(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  function sink(item: T): void {
    let at = 0;
    for (let child = firstChild(at); child !== null && isBefore(child.item, item); child = firstChild(at)) {
      items[at] = child.item;
      at = child.at;
    }
    items[at] = item;
  }

  function pop(): T | null {
    const first = items[0] ?? null;
    const last = items.pop();
    if (last !== undefined && items.length > 0) sink(last);
    return first;
  }

  return { push, peek: () => items[0] ?? null, pop };
}
