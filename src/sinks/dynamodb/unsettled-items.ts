import { HeadraceError } from '../../core/errors.js'
import type { RejectedRow, RowLocation, RowBatch } from '../../core/row-batch.js'
import type { Settlement } from '../../core/settlement.js'
import type { DuplicatePolicy, WriterContext } from '../../core/sink.js'
import { BatchLedger } from '../../flow/batch-ledger.js'
import { KeyLanes } from './key-lanes.js'
import { SettledKeys } from './settled-keys.js'
import type { WriteItem } from './write-item.js'
import type { WriteQueue } from './write-queue.js'

/** UTF-16 code units of their texts, which V8 holds in one byte each, or in two. */
const TEXT_MAX = 64 * 1024 * 1024

export interface UnsettledRules {
  readonly duplicates: DuplicatePolicy
  /** How long a request that was given up on may still be applied. */
  readonly ambiguousGraceMs: number
  /** Items taken and not settled at most: among them those of hot keys wait, others go ahead. */
  readonly spreadItems: number
}

/**
 * The items taken and not settled. Enters them into the lane of their key, hands those that may be
 * sent to the queue, and settles them with what follows for the others of their key.
 */
export class UnsettledItems {
  readonly #context: WriterContext
  readonly #policy: DuplicatePolicy
  readonly #ambiguousGraceMs: number
  readonly #itemsMax: number
  readonly #queue: WriteQueue
  readonly #lanes: KeyLanes<WriteItem>
  readonly #settledKeys: SettledKeys | undefined
  #count = 0
  #textLength = 0

  constructor(context: WriterContext, rules: UnsettledRules, queue: WriteQueue) {
    const policy = rules.duplicates
    this.#context = context
    this.#policy = policy
    this.#ambiguousGraceMs = rules.ambiguousGraceMs
    this.#itemsMax = rules.spreadItems
    this.#queue = queue
    this.#lanes = new KeyLanes(policy)
    this.#settledKeys = policy === 'last' ? undefined : new SettledKeys(context.seen)
  }

  get count(): number {
    return this.#count
  }

  /** No more may be taken before some are settled. */
  get isFull(): boolean {
    return this.#count >= this.#itemsMax || this.#textLength >= TEXT_MAX
  }

  openLedger(batch: RowBatch): BatchLedger<WriteItem> {
    const taken = this.#settledKeys?.openBatch()
    return new BatchLedger<WriteItem>(batch, (settlement: Settlement) => {
      this.#context.settled(settlement)
      taken?.(settlement)
    })
  }

  /**
   * Enters an item; it goes to the queue when its key is free.
   * @throws HeadraceError `DUPLICATE_KEY` under the policy `error`
   */
  enter(item: WriteItem, time: number, locate: () => RowLocation): void {
    const taken = this.#isTaken(item.key)
    if (taken && this.#policy === 'error') throw duplicateKey(item.key, locate())
    item.ledger.add(item)
    if (taken) {
      item.ledger.settle(item, 'dropped')
      return
    }
    this.#count += 1
    this.#textLength += item.text.length
    const sendAt = this.#lanes.admit(item, time)
    if (sendAt === 0) this.#queue.add(item, time)
    else if (sendAt !== undefined) this.#queue.addHeld(item, sendAt)
  }

  /** Enters an item that is not to be sent, since it cannot be stored. */
  enterRejected(item: WriteItem, why: Omit<RejectedRow, 'row'>): void {
    item.ledger.add(item)
    item.ledger.reject(item, why)
    this.#context.rejected(item.ledger.slice, item.row)
  }

  stored(item: WriteItem, time: number): void {
    this.#context.addDigest(item.ledger.sentDigest, item.text)
    this.#leaveLane(item, true, time)
    this.#settle(item, 'stored')
  }

  rejected(item: WriteItem, reason: string, time: number): void {
    this.#leaveLane(item, false, time)
    this.#drop(item)
    item.ledger.reject(item, { reason, stage: 'toDynamodb', key: item.key })
    this.#context.rejected(item.ledger.slice, item.row)
  }

  /** Forgets keys that no late request can touch any more. */
  expire(time: number): void {
    this.#lanes.expire(time)
  }

  #isTaken(key: string): boolean {
    if (this.#settledKeys === undefined) return false
    return this.#settledKeys.has(key) || (this.#policy === 'error' && this.#lanes.has(key))
  }

  #settle(item: WriteItem, status: 'stored' | 'dropped'): void {
    this.#drop(item)
    if (status === 'stored') this.#settledKeys?.add(item.key)
    item.ledger.settle(item, status)
  }

  #drop(item: WriteItem): void {
    this.#count -= 1
    this.#textLength -= item.text.length
    item.text = ''
  }

  /** Frees the key of an item that is settled, and lets the next of its lane go. */
  #leaveLane(item: WriteItem, stored: boolean, time: number): void {
    const graceEndsAt = item.ambiguousAt === 0 ? 0 : item.ambiguousAt + this.#ambiguousGraceMs
    const released = this.#lanes.settle(item, stored, graceEndsAt > time ? graceEndsAt : 0)
    for (const covered of released.covered) this.#settle(covered, 'stored')
    for (const dropped of released.dropped) this.#settle(dropped, 'dropped')
    if (released.next === undefined) return
    if (released.notBefore > time) this.#queue.addHeld(released.next, released.notBefore)
    else this.#queue.add(released.next, time)
  }
}

function duplicateKey(key: string, location: RowLocation): HeadraceError {
  return new HeadraceError('DUPLICATE_KEY', 'Two rows map to one key', {
    key,
    location,
    hint: 'Make the key unique, or choose `duplicates: "last"` or `"first"`.',
  })
}
