/** Reading a few things ahead of where they are used. */

/**
 * Yields what `read` gives for each item, in order, with up to `ahead` reads begun before they are asked for. A failure
 * is thrown at its item's turn; where the reader stops early, what was begun ends unheard.
 */
export async function* readAhead<Item, Result>(
  items: Iterable<Item>,
  read: (item: Item) => Promise<Result>,
  ahead: number,
): AsyncGenerator<Result, void> {
  const begun: Promise<Result>[] = []
  for (const item of items) {
    const work = read(item)
    work.catch(() => {})
    begun.push(work)
    if (begun.length > ahead) yield await begun.shift()!
  }
  for (const work of begun) yield await work
}
