import {
  isText,
  jsonValue,
  leafReader,
  ParquetValueError,
  textOf,
  type LeafElement,
  type LeafReader,
  type StoredValue,
} from './leaf-values.js'

/** A node of the schema, as hyparquet gives it. */
export interface SchemaNode {
  readonly children: readonly SchemaNode[]
  readonly element: LeafElement & {
    readonly name: string
    readonly repetition_type?: string | undefined
  }
}

/** What `types` may ask for; of lists, maps and structs, of each value in them. */
export type ParquetRepresentation = keyof typeof REPRESENTATIONS

const REPRESENTATIONS = {
  /** Bytes as UTF-8; all else as it prints. */
  string: (value: unknown) => (value instanceof Uint8Array ? textOf(value) : String(value)),
  /** A text, or bytes, parsed as JSON. */
  json: (value: unknown) => jsonValue(textOf(value)),
  /** An integer of 64 bits that a double holds. */
  number: (value: unknown) => {
    const double = Number(value)
    if (typeof value === 'number') return value
    if (typeof value === 'bigint' && Number.isSafeInteger(double)) return double
    throw new ParquetValueError('An integer that a number cannot hold')
  },
  integer: (value: unknown) => {
    if (typeof value === 'bigint') return value
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
    throw new ParquetValueError('Not an integer')
  },
} as const satisfies Readonly<Record<string, (value: unknown) => unknown>>

export const PARQUET_REPRESENTATIONS = Object.keys(
  REPRESENTATIONS,
) as readonly ParquetRepresentation[]

type ValueReader = (stored: unknown) => unknown

/**
 * How the values of a top-level column become those of a row; `undefined` where they are taken as
 * stored. They come as nested by the schema: a list as `{ list: [{ element }] }`.
 */
export function columnReader(
  node: SchemaNode,
  representation: ParquetRepresentation | undefined,
): ValueReader | undefined {
  if (node.children.length > 0 || node.element.repetition_type === 'REPEATED') {
    return repeatable(node, representation)
  }
  return leaf(node, representation)
}

/** The annotations that are left for hyparquet to act on: all others would lose digits. */
export function keptAnnotation(element: LeafElement): 'UTF8' | undefined {
  return isText(element) ? 'UTF8' : undefined
}

function leaf(node: SchemaNode, asked: ParquetRepresentation | undefined): ValueReader | undefined {
  const read = leafReader(node.element)
  if (asked === undefined) return read as LeafReader as ValueReader | undefined
  const represent = REPRESENTATIONS[asked]
  return (stored) => represent(read === undefined ? stored : read(stored as StoredValue))
}

function repeatable(node: SchemaNode, asked: ParquetRepresentation | undefined): ValueReader {
  const read = single(node, asked)
  if (node.element.repetition_type !== 'REPEATED') return read
  return (stored) => (stored as readonly unknown[]).map(orNull(read))
}

function single(node: SchemaNode, asked: ParquetRepresentation | undefined): ValueReader {
  const { children } = node
  if (children.length === 0) return leaf(node, asked) ?? ((stored) => stored)
  const [only] = children
  if (only !== undefined && children.length === 1 && isRepeated(only)) {
    if (annotation(node) === 'LIST') return listReader(node, only, asked)
    if (annotation(node) === 'MAP' && only.children.length === 2) return mapReader(only, asked)
  }
  return structReader(node, asked)
}

function annotation({ element }: SchemaNode): string | undefined {
  const { converted_type: converted, logical_type: logical } = element
  // An older writer's word for a map.
  return (converted ?? logical?.type)?.replace('MAP_KEY_VALUE', 'MAP')
}

/** Older writers leave out the group around an element: the format's own rules tell which. */
function listReader(
  node: SchemaNode,
  repeated: SchemaNode,
  asked: ParquetRepresentation | undefined,
): ValueReader {
  const { name } = repeated.element
  const [only] = repeated.children
  const wrapped =
    only !== undefined &&
    repeated.children.length === 1 &&
    name !== 'array' &&
    name !== `${node.element.name}_tuple`
  const read = orNull(wrapped ? repeatable(only, asked) : single(repeated, asked))
  const inner = only?.element.name ?? ''
  return (stored) => {
    const elements = (stored as Record<string, readonly unknown[]>)[name] ?? []
    return elements.map((element) =>
      read(wrapped ? (element as Record<string, unknown>)[inner] : element),
    )
  }
}

function mapReader(pairs: SchemaNode, asked: ParquetRepresentation | undefined): ValueReader {
  const [keyNode, valueNode] = pairs.children as readonly [SchemaNode, SchemaNode]
  const readKey = orNull(repeatable(keyNode, undefined))
  const readValue = orNull(repeatable(valueNode, asked))
  return (stored) => {
    const map: Record<string, unknown> = {}
    const entries = (stored as Record<string, readonly Record<string, unknown>[]>)[
      pairs.element.name
    ]
    for (const entry of entries ?? []) {
      const key = readKey(entry[keyNode.element.name])
      if (key instanceof Uint8Array || key === null) {
        throw new ParquetValueError('A map with a key that is no text')
      }
      const text = `${key as string | number | bigint | boolean}`
      if (Object.hasOwn(map, text)) throw new ParquetValueError('A map with one key twice')
      setOwn(map, text, readValue(entry[valueNode.element.name]))
    }
    return map
  }
}

function structReader(node: SchemaNode, asked: ParquetRepresentation | undefined): ValueReader {
  const fields = node.children.map((child) => {
    return [child.element.name, orNull(repeatable(child, asked))] as const
  })
  return (stored) => {
    const struct: Record<string, unknown> = {}
    for (const [name, read] of fields) setOwn(struct, name, read((stored as typeof struct)[name]))
    return struct
  }
}

/** Parquet has nulls, and nothing that is absent. */
function orNull(read: ValueReader): ValueReader {
  return (stored) => (stored === null || stored === undefined ? null : read(stored))
}

function isRepeated({ element }: SchemaNode): boolean {
  return element.repetition_type === 'REPEATED'
}

/** Assigning to `__proto__` would set the prototype. */
export function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') target[name] = value
  else {
    const own = { value, writable: true, enumerable: true, configurable: true }
    Object.defineProperty(target, name, own)
  }
}
