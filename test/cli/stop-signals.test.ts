import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { listenForStop } from '../../src/cli/stop-signals.js'

describe('listenForStop', () => {
  const open = () => {
    const emitter = new EventEmitter()
    const heard: string[] = []
    const stop = listenForStop(
      {
        onStop: (name) => heard.push(`stop ${name}`),
        onAbort: (name) => heard.push(`abort ${name}, aborted: ${stop.abort.aborted}`),
      },
      emitter,
    )
    return { emitter, heard, stop }
  }

  test('stops at the first signal and aborts at the second, whichever they are', () => {
    const { emitter, heard, stop } = open()
    emitter.emit('SIGINT', 'SIGINT')
    assert.deepEqual([stop.signal.aborted, stop.abort.aborted], [true, false])
    emitter.emit('SIGTERM', 'SIGTERM')
    assert.deepEqual([stop.signal.aborted, stop.abort.aborted], [true, true])
    assert.deepEqual(heard, ['stop SIGINT', 'abort SIGTERM, aborted: true'])
  })

  test('leaves no listener', () => {
    const { emitter, stop } = open()
    stop.dispose()
    assert.deepEqual(emitter.eventNames(), [])
  })
})
