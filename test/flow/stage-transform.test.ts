import assert from 'node:assert/strict'
import { PassThrough, Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import * as fc from 'fast-check'
import { HeadraceError } from '../../src/core/errors.js'
import { reject, skip } from '../../src/core/outcome.js'
import { isRowBatch, rowBatch } from '../../src/core/row-batch.js'
import type { RowBatch } from '../../src/core/row-batch.js'
import type { Stage } from '../../src/core/stage.js'
import { openStages } from '../../src/flow/stage-transform.js'
import { filter } from '../../src/stages/filter.js'
import { map } from '../../src/stages/map.js'
import { mapAsync } from '../../src/stages/map-async.js'
import { through } from '../../src/stages/through.js'

interface Row {
  readonly id: number
}

const RUN = { pipeline: 'test', startedAt: '2024-01-01T00:00:00.000Z' }

/** Batches of these sizes, of rows numbered through. */
function* batches(sizes: readonly number[]): Generator<RowBatch<Row>> {
  let firstRow = 0
  for (const count of sizes) {
    const from = firstRow
    const rows = Array.from({ length: count }, (_, index) => ({ id: from + index }))
    const locate = (index: number) => ({ of: 'rows', line: from + index + 1 })
    firstRow += count
    yield rowBatch(rows, { partition: '0', firstRow: from, count, rows, cursor: firstRow, locate })
  }
}

const object = <I, O>(each: (row: I) => readonly O[]) =>
  new Transform({
    objectMode: true,
    transform(row: I, _, done) {
      for (const one of each(row)) this.push(one)
      done()
    },
  })

async function runThrough(
  chunks: Iterable<unknown>,
  stages: readonly Stage<never, unknown>[],
  signal = new AbortController().signal,
): Promise<unknown[]> {
  const out: unknown[] = []
  const sink = new Writable({
    objectMode: true,
    write(chunk: unknown, _, done) {
      out.push(chunk)
      done()
    },
  })
  await pipeline([Readable.from(chunks), ...openStages(stages, RUN, signal), sink])
  return out
}

async function runBatches(
  sizes: readonly number[],
  ...stages: readonly unknown[]
): Promise<RowBatch[]> {
  const out = await runThrough(batches(sizes), stages as Stage<never, unknown>[])
  assert.ok(out.every(isRowBatch))
  return out
}

describe('openStages', () => {
  test('fuses adjacent row stages into one Transform', () => {
    const row = map((given: Row) => given)
    const far = mapAsync((given: Row) => given)
    const stages = [row, row, far, row, row] as unknown as Stage<never, unknown>[]
    const opened = openStages(stages, RUN, new AbortController().signal)
    assert.equal(opened.length, 3)
    for (const transform of opened) transform.destroy()
  })

  test('gives stages the run', async () => {
    const [made] = await runBatches(
      [1],
      map((_: Row, run) => ({ at: run.startedAt })),
    )
    assert.deepEqual(made?.rows, [{ at: RUN.startedAt }])
  })

  test('takes bare rows as well, and fails on the first rejected', async () => {
    const stages = [
      map(({ id }: Row) => (id === 2 ? skip('two') : [{ id }, { id: -id }])),
      filter(({ id }: Row) => id !== -3),
    ] as unknown as Stage<never, unknown>[]
    const rows = [{ id: 1 }, { id: 2 }, { id: 3 }]
    assert.deepEqual(await runThrough(rows, stages), [{ id: 1 }, { id: -1 }, { id: 3 }])
    const strict = [map(() => reject('no'))] as unknown as Stage<never, unknown>[]
    await assert.rejects(runThrough(rows, strict), { code: 'STAGE_FAILED', message: /no/ })
  })
})

describe('asynchronous stages', () => {
  test('keep the order and the accounting, whatever finishes first', async () => {
    const work = mapAsync(
      async ({ id }: Row) => {
        for (let turns = (id * 7) % 5; turns > 0; turns -= 1) await turn()
        if (id % 11 === 0) return skip('eleven')
        if (id % 7 === 0) throw new Error('seven')
        return id % 3 === 0 ? [{ id }, { id, twin: true }] : { id }
      },
      { concurrency: 4 },
    )
    const plain = map(({ id }: Row) => {
      if (id % 11 === 0) return skip('eleven')
      if (id % 7 === 0) throw new Error('seven')
      return id % 3 === 0 ? [{ id }, { id, twin: true }] : { id }
    })
    const sizes = [5, 0, 1, 20, 3]
    const flat = (made: readonly RowBatch[]) =>
      made.map(({ rows, origins, skipped, rejected, slice }) => {
        const stages = rejected.map((one) => ({ ...one, stage: '' }))
        return { rows, origins, skipped, stages, first: slice.firstRow, cursor: slice.cursor }
      })
    assert.deepEqual(flat(await runBatches(sizes, work)), flat(await runBatches(sizes, plain)))
  })

  test('work on as many rows as allowed, across batches, and no more', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 6 }), async (counts, concurrency) => {
        let underWay = 0
        let most = 0
        const work = mapAsync(
          async (row: Row) => {
            underWay += 1
            most = Math.max(most, underWay)
            await turn()
            await turn()
            underWay -= 1
            return row
          },
          { concurrency },
        )
        const made = await runBatches(counts, work)
        const rows = counts.reduce((sum, count) => sum + count, 0)
        assert.deepEqual(
          made.flatMap((batch) => batch.rows),
          Array.from({ length: rows }, (_, id) => ({ id })),
        )
        assert.ok(most <= concurrency)
        if (counts.every((count) => count === 1)) assert.equal(most, Math.min(rows, concurrency))
      }),
      { numRuns: 40 },
    )
  })

  test('take in no more than they may while the first row is slow, or downstream is', async () => {
    let read = 0
    function* counted() {
      for (const batch of batches(Array.from({ length: 100 }, () => 2))) {
        read += 1
        yield batch
      }
    }
    const slow = withResolvers()
    const work = mapAsync(async (row: Row) => (row.id === 0 ? slow.promise.then(() => row) : row), {
      concurrency: 8,
    })
    const stages = openStages([work as Stage<never, unknown>], RUN, new AbortController().signal)
    const gate = gateway()
    const seen: number[] = []
    const sink = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(batch: RowBatch<Row>, _, done) {
        seen.push(...batch.rows.map(({ id }) => id))
        gate.pass(done)
      },
    })
    const source = Readable.from(counted(), { highWaterMark: 1 })
    const whole = pipeline([source, ...stages, sink])
    await wait(20)
    assert.deepEqual(seen, [])
    assert.ok(read < 12, `read ${read} batches behind a slow row`)
    slow.resolve(undefined)
    await wait(20)
    assert.ok(read < 24, `read ${read} batches before a slow sink`)
    gate.open()
    await whole
    assert.deepEqual(
      seen,
      Array.from({ length: 200 }, (_, id) => id),
    )
  })

  test('abort what is under way with the stream', async () => {
    const aborter = new AbortController()
    let started = 0
    let aborted = 0
    const work = mapAsync((_: Row, { signal }) => {
      started += 1
      const { promise, reject: fail } = withResolvers<Row>()
      signal.addEventListener('abort', () => {
        aborted += 1
        fail(new Error('aborted'))
      })
      return promise
    })
    const whole = runThrough(batches([3, 3]), [work as Stage<never, unknown>], aborter.signal)
    while (started < 6) await turn()
    aborter.abort()
    await assert.rejects(whole, { name: 'AbortError' })
    assert.equal(aborted, 6)
  })
})

describe('foreign transforms', () => {
  const passing = () => new PassThrough({ objectMode: true })

  test('one to one keep positions and accounting', async () => {
    const stage = through(() => object(({ id }: Row) => [{ id, seen: true }]), {
      rows: 'one-to-one',
    })
    const made = await runBatches(
      [3, 0, 40],
      map(({ id }: Row) => (id === 1 ? skip('one') : id === 2 ? reject('two') : { id })),
      stage,
    )
    assert.deepEqual(
      made.map(({ slice }) => slice.cursor),
      [3, 3, 43],
    )
    assert.deepEqual(made[0]?.rows, [{ id: 0, seen: true }])
    assert.deepEqual([made[0]?.skipped.length, made[0]?.rejected.length], [1, 1])
    assert.deepEqual(made[2]?.rows.at(-1), { id: 42, seen: true })
  })

  test('one to one may hold rows back', async () => {
    let held: Row[] = []
    const late = () =>
      new Transform({
        objectMode: true,
        transform(row: Row, _, done) {
          held.push(row)
          if (held.length > 7) this.push(held.shift())
          done()
        },
        flush(done) {
          for (const row of held) this.push(row)
          held = []
          done()
        },
      })
    const made = await runBatches([3, 3, 3], through(late, { rows: 'one-to-one' }))
    assert.deepEqual(
      made.map(({ rows }) => rows.length),
      [3, 3, 3],
    )
  })

  for (const [what, each] of [
    ['fewer', ({ id }: Row) => (id === 3 ? [] : [{ id }])],
    ['more', ({ id }: Row) => [{ id }, { id }]],
  ] as const) {
    test(`that break the promise with ${what} rows fail the run`, async () => {
      const stage = through(() => object(each), { rows: 'one-to-one' })
      await assert.rejects(runBatches([2, 3], stage), {
        code: 'STAGE_FAILED',
        message: /one row for each row/,
      })
    })
  }

  test('behind a barrier rows count for themselves, and those before are accounted for', async () => {
    const pairs = () => {
      let first: Row | undefined
      return object((row: Row) => {
        const pair = first === undefined ? [] : [{ sum: first.id + row.id }]
        first = first === undefined ? row : undefined
        return pair
      })
    }
    const made = await runBatches(
      [4, 4],
      map((row: Row) => (row.id === 1 ? skip('one') : row.id === 6 ? reject('six') : row)),
      through<Row, { sum: number }>(pairs, { rows: 'barrier' }),
      map(({ sum }: { sum: number }) => ({ sum })),
    )
    assert.deepEqual(
      made.flatMap(({ rows }) => rows),
      [{ sum: 2 }, { sum: 7 }, { sum: 12 }],
    )
    let firstRow = 0
    for (const { slice, skipped, rejected, origins } of made) {
      assert.equal(slice.cursor, undefined)
      assert.equal(slice.firstRow, firstRow)
      assert.equal(slice.rows.length, slice.count)
      for (const { row } of [...skipped, ...rejected]) assert.ok(row < slice.count)
      for (const row of origins ?? []) assert.ok(row < slice.count)
      firstRow += slice.count
    }
    assert.equal(firstRow, 5)
    const [rejecting] = made.filter(({ rejected }) => rejected.length > 0)
    assert.deepEqual(rejecting?.slice.rows, [{ id: 6 }])
    assert.deepEqual(rejecting?.slice.locate(0), { of: 'rows', line: 7 })
  })

  test('that fail, fail the run with their error as the cause', async () => {
    const failing = () =>
      object(({ id }: Row) => {
        if (id === 2) throw new TypeError('broken')
        return [{ id }]
      })
    await assert.rejects(runBatches([4], through(failing, { rows: 'barrier' })), (error) => {
      assert.ok(HeadraceError.is(error))
      assert.equal(error.code, 'STAGE_FAILED')
      assert.ok(error.cause instanceof TypeError)
      return true
    })
  })

  test('must be in object mode', () => {
    const stage = through(() => new PassThrough(), { rows: 'barrier' })
    assert.throws(() => stage.transform(), { code: 'PIPELINE_INVALID' })
  })

  for (const rows of ['one-to-one', 'barrier'] as const) {
    test(`are not read faster than downstream reads (${rows})`, async () => {
      let read = 0
      function* counted() {
        for (const batch of batches(Array.from({ length: 200 }, () => 10))) {
          read += 1
          yield batch
        }
      }
      const stage = through(passing, { rows }) as Stage<never, unknown>
      const gate = gateway()
      let rowsSeen = 0
      const sink = new Writable({
        objectMode: true,
        highWaterMark: 1,
        write(batch: RowBatch<Row>, _, done) {
          rowsSeen += batch.rows.length
          gate.pass(done)
        },
      })
      const opened = openStages([stage], RUN, new AbortController().signal)
      const source = Readable.from(counted(), { highWaterMark: 1 })
      const whole = pipeline([source, ...opened, sink])
      await wait(20)
      assert.ok(read < 20, `read ${read} batches`)
      gate.open()
      await whole
      assert.equal(rowsSeen, 2_000)
    })
  }

  test('mix with bare rows', async () => {
    const rows = Array.from({ length: 40 }, (_, id) => ({ id }))
    for (const kind of ['one-to-one', 'barrier'] as const) {
      const stage = through(passing, { rows: kind }) as Stage<never, unknown>
      assert.deepEqual(await runThrough(rows, [stage]), rows)
    }
  })
})

describe('Stage.transform', () => {
  test('stands in a pipeline of foreign row streams, with backpressure through all of it', async () => {
    let read = 0
    function* rows() {
      for (let id = 0; id < 5_000; id += 1) {
        read += 1
        yield { id }
      }
    }
    const gate = gateway()
    const seen: number[] = []
    const sink = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write({ id }: Row, _, done) {
        seen.push(id)
        gate.pass(done)
      },
    })
    const rejected: string[] = []
    const whole = pipeline(
      Readable.from(rows()),
      new PassThrough({ objectMode: true }),
      map((row: Row) => (row.id === 4 ? reject('four') : row)).transform({
        onReject: (_, reason) => rejected.push(reason),
      }),
      mapAsync(async (row: Row) => row, { concurrency: 3 }).transform(),
      sink,
    )
    while (seen.length === 0) await turn()
    await wait(20)
    assert.equal(seen.length, 1)
    assert.ok(read < 250, `read ${read} rows`)
    gate.open()
    await whole
    assert.equal(seen.length, 4_999)
    assert.deepEqual(rejected, ['four'])
  })

  test('ends with the signal of the pipeline', async () => {
    const aborter = new AbortController()
    function* endless() {
      for (let id = 0; ; id += 1) yield { id }
    }
    const source = Readable.from(endless())
    const whole = pipeline(
      source,
      filter(({ id }: Row) => id % 2 === 0).transform(),
      mapAsync(async (row: Row) => (await turn(), row)).transform(),
      new Writable({ objectMode: true, write: (_chunk, _encoding, done) => setImmediate(done) }),
      { signal: aborter.signal },
    )
    await wait(5)
    aborter.abort()
    await assert.rejects(whole, { name: 'AbortError' })
    assert.ok(source.destroyed)
  })
})

function withResolvers<T = unknown>() {
  let resolve: (value: T) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    fail = no
  })
  return { promise, resolve, reject: fail }
}

/** Lets callbacks through once it is open. */
function gateway() {
  let closed = true
  const waiting: (() => void)[] = []
  return {
    pass(callback: () => void) {
      if (closed) waiting.push(callback)
      else callback()
    },
    open() {
      closed = false
      for (const callback of waiting.splice(0)) callback()
    },
  }
}
