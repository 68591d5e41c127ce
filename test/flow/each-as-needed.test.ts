import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { eachAsNeeded, type Taking } from '../../src/flow/each-as-needed.js'

/** Time that passes when it is told to. */
class FakeTime {
  #atMs = 0
  #idleMs = 0
  #look: (() => void) | undefined
  get isWatched(): boolean {
    return this.#look !== undefined
  }

  now() {
    return { atMs: this.#atMs, idleMs: this.#idleMs }
  }

  every(ms: number, look: () => void): () => void {
    assert.equal(ms, 5)
    assert.equal(this.#look, undefined)
    this.#look = look
    return () => {
      this.#look = undefined
    }
  }

  async pass(ms: number, { idle }: { readonly idle: boolean }): Promise<void> {
    for (let passed = 0; passed < ms; passed += 5) {
      this.#atMs += 5
      if (idle) this.#idleMs += 5
      this.#look?.()
      await turn()
    }
  }
}

/** Work that ends, and takes, when it is told to. */
class Works {
  readonly time = new FakeTime()
  readonly started: number[] = []
  readonly #ends: ((error: Error | undefined) => void)[] = []
  readonly takings: Taking[] = []
  readonly done: Promise<void>
  isStuck = false

  constructor(most: number, count: number) {
    const values = Array.from({ length: count }, (_, index) => index)
    this.done = eachAsNeeded(
      most,
      values,
      (value, taking) => this.#work(value, taking),
      () => this.isStuck,
      this.time,
    )
    this.done.catch(() => undefined)
  }

  #work(value: number, taking: Taking): Promise<void> {
    this.started.push(value)
    this.takings[value] = taking
    return new Promise<Error | undefined>((resolve) => {
      this.#ends[value] = resolve
    }).then(failing)
  }

  async end(value: number, error?: Error): Promise<void> {
    this.#ends[value]?.(error)
    await turn()
  }

  async endAll(): Promise<void> {
    for (let value = 0; value < this.started.length; value += 1) await this.end(value)
    await this.done
  }
}

function failing(error: Error | undefined): void {
  if (error !== undefined) throw error
}

describe('each as needed', () => {
  test('one at a time while the thread is busy', async () => {
    const works = new Works(4, 3)
    await works.time.pass(10_000, { idle: false })
    assert.deepEqual(works.started, [0])
    await works.end(0)
    assert.deepEqual(works.started, [0, 1])
    await works.time.pass(10_000, { idle: false })
    assert.deepEqual(works.started, [0, 1])
    await works.endAll()
    assert.deepEqual(works.started, [0, 1, 2])
    assert.equal(works.time.isWatched, false)
  })

  test('as many as may be within 60 ms where nothing comes, and then looks no more', async () => {
    const works = new Works(4, 10)
    await works.time.pass(60, { idle: true })
    assert.deepEqual(works.started, [0, 1, 2, 3])
    assert.equal(works.time.isWatched, false)
    await works.end(2)
    assert.deepEqual(works.started, [0, 1, 2, 3, 4])
    await works.endAll()
    assert.equal(works.started.length, 10)
  })

  test('no more while what was made is being taken', async () => {
    const works = new Works(4, 4)
    let taken = () => {}
    const taking = works.takings[0]?.(
      () =>
        new Promise((resolve) => {
          taken = resolve
        }),
    )
    await works.time.pass(10_000, { idle: true })
    assert.deepEqual(works.started, [0])
    taken()
    await taking
    await works.time.pass(1_000, { idle: true })
    assert.deepEqual(works.started, [0, 1, 2, 3])
    await works.endAll()
  })

  test('but more where it cannot be taken, and what others make could', async () => {
    const works = new Works(4, 4)
    void works.takings[0]?.(() => works.done)
    works.isStuck = true
    await works.time.pass(60, { idle: true })
    assert.deepEqual(works.started, [0, 1, 2, 3])
    await works.endAll()
  })

  test('what cannot be taken fails the work, and counts as taken', async () => {
    const works = new Works(2, 2)
    const full = works.takings[0]?.(() => Promise.reject(new Error('full')))
    await assert.rejects(full ?? Promise.resolve(), /full/)
    await works.time.pass(30, { idle: true })
    assert.deepEqual(works.started, [0, 1])
    await works.endAll()
  })

  test('looks no more once the last was started', async () => {
    const works = new Works(4, 2)
    assert.equal(works.time.isWatched, true)
    await works.end(0)
    await works.time.pass(5, { idle: true })
    assert.equal(works.time.isWatched, false)
    await works.endAll()
  })

  test('does not look where one at a time is all there may be', async () => {
    for (const works of [new Works(1, 3), new Works(4, 1)]) {
      assert.equal(works.time.isWatched, false)
      await works.endAll()
    }
  })

  test('after a failure no more are started, and those under way end first', async () => {
    const works = new Works(3, 9)
    await works.time.pass(20, { idle: true })
    assert.deepEqual(works.started, [0, 1])
    await works.end(0, new Error('one'))
    await works.time.pass(1_000, { idle: true })
    assert.deepEqual(works.started, [0, 1])
    let ended = false
    const failed = assert.rejects(
      works.done.finally(() => {
        ended = true
      }),
      /one/,
    )
    await turn()
    assert.equal(ended, false)
    await works.end(1, new Error('two'))
    await failed
    assert.equal(works.time.isWatched, false)
  })

  test('nothing to do', async () => {
    await eachAsNeeded(4, [], () => assert.fail('called'))
  })

  test('by the time of this thread', async () => {
    const started: number[] = []
    let end = () => {}
    const all = new Promise<void>((resolve) => {
      end = resolve
    })
    await eachAsNeeded(3, [1, 2, 3, 4], async (value) => {
      started.push(value)
      // Ends only when three are under way, which they come to be as nothing else is done.
      if (started.length === 3) end()
      await all
    })
    assert.deepEqual(started, [1, 2, 3, 4])
  })
})
