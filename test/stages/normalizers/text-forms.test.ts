import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { boolean } from '../../../src/stages/normalizers/boolean.js'
import { email } from '../../../src/stages/normalizers/email.js'
import { json } from '../../../src/stages/normalizers/json.js'
import { NumberValue } from '../../../src/core/number-value.js'
import { nullIf } from '../../../src/stages/normalizers/null-if.js'
import { integer } from '../../../src/stages/normalizers/integer.js'
import { oneOf } from '../../../src/stages/normalizers/one-of.js'
import { phone } from '../../../src/stages/normalizers/phone.js'
import { slug } from '../../../src/stages/normalizers/slug.js'
import { text } from '../../../src/stages/normalizers/text.js'
import { titleCase } from '../../../src/stages/normalizers/title-case.js'
import { uuid } from '../../../src/stages/normalizers/uuid.js'
import type { Normalizer } from '../../../src/stages/normalizers/normalizer.js'

function refuses<I>(normalizer: Normalizer<I, unknown>, values: readonly unknown[], why: RegExp) {
  for (const value of values) {
    assert.throws(
      () => normalizer.apply(value as I),
      (error: Error) => {
        assert.match(error.message, why)
        return true
      },
      `takes ${String(value)}`,
    )
  }
}

const anyText = fc.string({ unit: 'binary' })

describe('text', () => {
  test('trims, collapses and changes case as told', () => {
    assert.equal(text().apply('  a  b \n'), 'a  b')
    assert.equal(text({ trim: false }).apply(' a '), ' a ')
    assert.equal(text({ collapse: true }).apply(' a \t\n b '), 'a b')
    assert.equal(text({ case: 'lower' }).apply('ÀB'), 'àb')
    assert.equal(text({ case: 'upper' }).apply('straße'), 'STRASSE')
  })

  test('says what becomes of empty text', () => {
    assert.equal(text().apply('  '), '')
    assert.equal(text({ empty: 'absent' }).apply('  '), undefined)
    assert.equal(text({ empty: 'null' }).apply(''), null)
    assert.equal(text().optional().apply(' '), undefined)
    assert.equal(text({ trim: false }).optional().apply(' '), ' ')
    assert.equal(text({ empty: 'keep' }).optional().apply(' '), '')
    assert.equal(text({ empty: 'null' }).optional().apply(''), null)
    assert.equal(text({ empty: 'null' }).optional().apply(null), undefined)
    assert.equal(text().default('x').apply(''), 'x')
    assert.equal(text().default('x').apply(undefined), 'x')
  })

  test('is not changed by a second application', () => {
    const options = fc.record(
      { trim: fc.boolean(), collapse: fc.boolean(), case: fc.constantFrom('lower', 'upper') },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(anyText, options, (value, given) => {
        const normalizer = text(given as Parameters<typeof text>[0])
        const once = normalizer.apply(value)
        // Unicode's own changes of case need not be stable; trimming and collapsing are.
        if (given.case === undefined) assert.equal(normalizer.apply(once), once)
      }),
    )
  })

  test('takes text only', () => {
    refuses(
      text(),
      [5, null, undefined, ['a'], {}],
      /^expected text, got (a number|null|nothing|an)/,
    )
  })

  test('refuses options that are not there', () => {
    assert.throws(() => text({ trimm: true } as never), { code: 'PIPELINE_INVALID' })
    assert.throws(() => text({ case: 'title' } as never), /"lower", "upper"; got "title"/)
  })
})

describe('titleCase', () => {
  test('capitalises words', () => {
    for (const [given, made] of [
      ['NEW  YORK', 'New York'],
      ["o'brien", "O'Brien"],
      ["don't stop", "Don't Stop"],
      ['jean-luc d’artagnan', 'Jean-Luc D’Artagnan'],
      ['élan ÉLAN', 'Élan Élan'],
      ['3rd street', '3rd Street'],
      ['', ''],
    ] as const) {
      assert.equal(titleCase().apply(given), made)
    }
  })

  test('is not changed by a second application', () => {
    const words = fc.stringMatching(/^[A-Za-zÀ-ž' ßŉ-]*$/)
    fc.assert(
      fc.property(words, (value) => {
        const once = titleCase().apply(value)
        assert.equal(titleCase().apply(once), once)
      }),
    )
  })
})

describe('email', () => {
  test('takes addresses, in small letters', () => {
    for (const [given, made] of [
      [' Jo.Doe+x@Example.COM ', 'jo.doe+x@example.com'],
      ["o'hara@a-b.co.uk", "o'hara@a-b.co.uk"],
      ['用户@例え.jp', '用户@例え.jp'],
    ] as const) {
      assert.equal(email().apply(given), made)
    }
  })

  test('refuses what is none', () => {
    const none = [
      'a',
      'a@',
      '@b.c',
      'a@b',
      'a b@c.d',
      'a..b@c.d',
      '.a@b.c',
      'a@-b.c',
      'a@b.c.',
      'a@b@c.d',
    ]
    const long = [`${'a'.repeat(65)}@b.co`, `a@${'b'.repeat(64)}.co`, `a@${'bcd.'.repeat(70)}co`]
    refuses(email(), [...none, ...long, ''], /^expected an e-mail address, got (other|empty) text$/)
    assert.equal(email().optional().apply(' '), undefined)
  })

  test('does not take long over long text', () => {
    refuses(email(), [`${'a.'.repeat(50_000)}@`, `a@${'a-'.repeat(50_000)}`], /e-mail/)
  })
})

describe('boolean', () => {
  test('takes its words in any case, and 1 and 0', () => {
    for (const yes of [true, 'TRUE', ' t ', 'Yes', 'y', '1', 1, 1n]) {
      assert.equal(boolean().apply(yes), true)
    }
    for (const no of [false, 'False', 'f', 'NO', 'n', '0', 0, 0n]) {
      assert.equal(boolean().apply(no), false)
    }
    refuses(boolean(), ['', 'ja', 2, null, {}, []], /^expected true or false, got /)
  })

  test('takes words of yours', () => {
    const german = boolean({ true: ['Ja'], false: ['Nein'] })
    assert.deepEqual(
      ['ja', 'NEIN'].map((word) => german.apply(word)),
      [true, false],
    )
    refuses(german, ['true', '1'], /true or false/)
    assert.throws(() => boolean({ true: ['x'], false: [' X'] }), /"x" is both/)
  })
})

describe('oneOf and nullIf', () => {
  test('oneOf takes its values exactly', () => {
    assert.equal(oneOf(['a', 'b']).apply('b'), 'b')
    assert.equal(oneOf([1, 2]).apply(2), 2)
    refuses(oneOf(['a', 'b']), ['A', ' a', null], /^expected one of the known values, got /)
    assert.throws(() => oneOf([]), { code: 'PIPELINE_INVALID' })
    assert.equal(oneOf(['a']).description, 'oneOf(["a"])')
  })

  test('nullIf gives null, or goes on', () => {
    assert.deepEqual(
      ['NA', 'x', ''].map((value) => nullIf(['NA', '']).apply(value)),
      [null, 'x', null],
    )
    const inner = nullIf(['NA'], integer())
    assert.deepEqual(
      ['NA', '5'].map((value) => inner.apply(value)),
      [null, 5n],
    )
    assert.equal(inner.description, 'nullIf(["NA"], integer())')
    assert.throws(() => nullIf([]), { code: 'PIPELINE_INVALID' })
  })
})

describe('json', () => {
  test('keeps numbers exact', () => {
    assert.deepEqual(json().apply('{"a":[12345678901234567890, 1.5]}'), {
      a: [12_345_678_901_234_567_890n, 1.5],
    })
    assert.deepEqual(
      json().apply('0.12345678901234567890123'),
      new NumberValue('0.12345678901234567890123'),
    )
  })

  test('refuses other text, without repeating it', () => {
    refuses(json(), ['{secret', ''], /^not a JSON text$/)
    assert.deepEqual(json().default([]).apply(' '), [])
  })
})

describe('uuid', () => {
  const canonical = '0189d3c4-7b2a-7cc1-8f00-0123456789ab'

  test('takes its usual forms', () => {
    for (const given of [
      canonical,
      ` ${canonical.toUpperCase()} `,
      `{${canonical}}`,
      `urn:uuid:${canonical}`,
      canonical.replaceAll('-', ''),
    ]) {
      assert.equal(uuid().apply(given), canonical)
    }
    refuses(
      uuid(),
      [
        '',
        canonical.slice(1),
        `{${canonical}`,
        `${canonical}0`,
        '0189d3c47b2a-7cc1-8f00-0123456789ab',
      ],
      /a UUID/,
    )
  })
})

describe('slug', () => {
  test('makes text fit for addresses', () => {
    for (const [given, made] of [
      ['Crème brûlée & Co.', 'creme-brulee-co'],
      ['  Straße Ærø Łódź ', 'strasse-aero-lodz'],
      ["Don't Stop", 'dont-stop'],
      ['İstanbul', 'istanbul'],
      ['東京 2020', '東京-2020'],
      ['йод', 'йод'],
      ['ガギグ', 'ガギグ'],
      ['½ ﬁn', '1-2-fin'],
    ] as const) {
      assert.equal(slug().apply(given), made)
    }
    assert.equal(slug({ separator: '_' }).apply('a b'), 'a_b')
    refuses(slug(), ['', '!!', 5], /letters or digits|expected text/)
  })

  test('shortens by whole words where it can', () => {
    assert.equal(slug({ maxLength: 9 }).apply('alpha beta gamma'), 'alpha')
    assert.equal(slug({ maxLength: 10 }).apply('alpha beta gamma'), 'alpha-beta')
    assert.equal(slug({ maxLength: 3 }).apply('alpha beta'), 'alp')
    assert.throws(() => slug({ maxLength: 0 }), /from 1 up; got 0/)
  })

  test('is not changed by a second application, and has no other characters', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 12 }), (value, maxLength) => {
        const normalizer = slug({ maxLength })
        let once: string
        try {
          once = normalizer.apply(value)
        } catch {
          return
        }
        assert.match(once, /^[\p{L}\p{M}\p{N}]+(-[\p{L}\p{M}\p{N}]+)*$/u)
        assert.ok(Array.from(once).length <= maxLength)
        assert.equal(slug().apply(once), once)
      }),
    )
  })
})

describe('phone', () => {
  test('gives E.164', () => {
    const american = phone({ country: 'US' })
    american.open()
    assert.equal(american.apply(' (213) 373-4253 '), '+12133734253')
    assert.equal(phone().apply('+49 30 901820'), '+4930901820')
    assert.equal(american.optional().apply(''), undefined)
  })

  test('refuses other text, and countries that are none', () => {
    refuses(
      phone({ country: 'US' }),
      ['123', 'call me', '+1 213 373 4253 ext. 5', ''],
      /a phone number/,
    )
    refuses(phone(), ['213 373 4253'], /a phone number/)
    assert.throws(() => phone({ country: 'XX' }).open(), { code: 'PIPELINE_INVALID' })
  })
})
