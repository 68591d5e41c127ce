import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { alignTable } from '../../src/cli/table.js'
import { createStyles, wantsColor } from '../../src/cli/styles.js'
import {
  escapeControls,
  escapeControlsInLines,
  fitText,
  padText,
  textWidth,
} from '../../src/cli/terminal-text.js'

describe('escapeControls', () => {
  test('shows what a terminal would act upon', () => {
    assert.equal(escapeControls('a\u001b[31mred\u0007'), 'a\\x1b[31mred\\x07')
    assert.equal(escapeControls('tab\tline\r\n'), 'tab\\tline\\r\\n')
    assert.equal(escapeControls('\u009b2J'), '\\x9b2J')
    assert.equal(escapeControls('abc\u202excod.exe'), 'abc\\u{202e}xcod.exe')
    assert.equal(escapeControls('Zoë 東京 👍🏽 👩‍👩‍👧'), 'Zoë 東京 👍🏽 👩‍👩‍👧')
    assert.equal(escapeControlsInLines('a\nb\u0000'), 'a\nb\\x00')
  })

  test('leaves no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.doesNotMatch(escapeControls(text), /\p{Cc}/u)
      }),
    )
  })
})

describe('textWidth', () => {
  test('counts columns', () => {
    assert.equal(textWidth('plain'), 5)
    assert.equal(textWidth('Zoë'), 3)
    assert.equal(textWidth('Zoe\u0308'), 3)
    assert.equal(textWidth('東京'), 4)
    assert.equal(textWidth('👍🏽'), 2)
    assert.equal(textWidth(createStyles(true).red('red')), 3)
  })

  test('holds of what is cut and padded', () => {
    const styleless = fc.string({ unit: 'grapheme', maxLength: 30 }).map(escapeControls)
    fc.assert(
      fc.property(styleless, fc.nat(40), (text, width) => {
        assert.ok(textWidth(fitText(text, width)) <= width)
        if (textWidth(text) <= width) {
          assert.equal(fitText(text, width), text)
          assert.equal(textWidth(padText(text, width)), width)
        }
      }),
    )
    assert.equal(fitText('東京都庁', 6), '東京…')
  })
})

describe('alignTable', () => {
  test('aligns by what is seen, and leaves no trailing blanks', () => {
    const { green } = createStyles(true)
    const rows = [
      [green('ok'), '1,000', ''],
      ['failed', '東', 'x'],
    ]
    assert.deepEqual(alignTable(rows, { align: ['left', 'right'], indent: '  ' }), [
      `  ${green('ok')}      1,000`,
      '  failed     東  x',
    ])
  })
})

describe('wantsColor', () => {
  test('asks FORCE_COLOR, then NO_COLOR, then the terminal', () => {
    assert.equal(wantsColor(true, {}), true)
    assert.equal(wantsColor(false, {}), false)
    assert.equal(wantsColor(true, { NO_COLOR: '1' }), false)
    assert.equal(wantsColor(true, { NO_COLOR: '' }), true)
    assert.equal(wantsColor(false, { FORCE_COLOR: '1', NO_COLOR: '1' }), true)
    assert.equal(wantsColor(true, { FORCE_COLOR: '0' }), false)
    assert.equal(wantsColor(true, { TERM: 'dumb' }), false)
  })
})
