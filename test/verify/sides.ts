import type { SideItem, SourceItems, SourceSide, TargetSide } from '../../src/verify/read-sides.js'

export async function* batches(items: readonly SideItem[], size = 500): AsyncGenerator<SideItem[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}

/** A target that holds the items; `later` is what it holds once it was scanned. */
export function holding(stored: ReadonlyMap<string, string>, later = stored): TargetSide {
  const items = [...stored].map(([key, text]) => ({ key, text }))
  return {
    scan: (segment, segments, _signal, after) => {
      const mine = items.filter((_, index) => index % segments === segment)
      return batches(mine.slice(mine.findIndex(({ key }) => key === after) + 1))
    },
    get: (keys) =>
      Promise.resolve(
        keys.flatMap((key) => {
          const text = later.get(key)
          return text === undefined ? [] : [{ key, text }]
        }),
      ),
  }
}

export function item(n: number, value: string | number = n): SideItem {
  return { key: `{"pk":{"S":"USER#${n}"}}`, text: `{"n":{"N":"${value}"},"pk":{"S":"USER#${n}"}}` }
}

export function items(count: number): SideItem[] {
  return Array.from({ length: count }, (_, n) => item(n))
}

export function stored(from: readonly SideItem[]): Map<string, string> {
  return new Map(from.map(({ key, text }) => [key, text]))
}

/** A source of one part. */
export function onePart(read: () => AsyncIterable<SourceItems>): SourceSide {
  return { parts: ['all'], partsAtOnce: 1, read }
}

/** A source that gives the items in so many parts, each of which tells its position. */
export function giving(from: readonly SideItem[], parts = 1, size = 500): SourceSide {
  const share = Math.ceil(from.length / parts)
  return {
    parts: Array.from({ length: parts }, (_, part) => String(part)),
    partsAtOnce: parts,
    async *read(part, at) {
      const mine = from.slice(Number(part) * share, (Number(part) + 1) * share)
      let position = (at as number | undefined) ?? 0
      for await (const some of batches(mine.slice(position), size)) {
        position += some.length
        yield { items: some, position }
      }
    },
  }
}
