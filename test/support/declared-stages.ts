import * as fc from 'fast-check'
import type { Stage } from '../../src/core/stage.js'
import { key } from '../../src/stages/key.js'
import { normalize } from '../../src/stages/normalize.js'
import { boolean } from '../../src/stages/normalizers/boolean.js'
import { decimal } from '../../src/stages/normalizers/decimal.js'
import { email } from '../../src/stages/normalizers/email.js'
import { instant } from '../../src/stages/normalizers/instant.js'
import { integer } from '../../src/stages/normalizers/integer.js'
import { nullIf } from '../../src/stages/normalizers/null-if.js'
import { text } from '../../src/stages/normalizers/text.js'
import { omit } from '../../src/stages/omit.js'
import { pick } from '../../src/stages/pick.js'
import { rename } from '../../src/stages/rename.js'
import { set } from '../../src/stages/set.js'

export type AnyStage = Stage<never, unknown>

const NORMALIZERS = [
  text(),
  text({ empty: 'absent', case: 'upper' }),
  text().optional(),
  email().optional(),
  integer().optional(),
  decimal().default(null as never),
  instant().optional(),
  boolean().optional(),
  nullIf(['a', 't', 1n]),
] as const

/** Stages without functions, one after the other, for rows with these columns. */
export function declaredStages(columns: readonly string[]): fc.Arbitrary<AnyStage[]> {
  return fc.array(fc.nat(), { minLength: 0, maxLength: 24 }).map((choices) => {
    const stages: AnyStage[] = []
    let names = [...columns]
    const fresh = (): string => `fresh ${choices.length}`
    const next = (below: number): number => (choices.pop() ?? 0) % below
    while (choices.length > 0 && names.length > 0) {
      const stage = stageOf(next(5), names, next, fresh())
      stages.push(stage)
      names = [...(stage.columns(names) ?? [])]
    }
    return stages
  })
}

function stageOf(
  kind: number,
  names: readonly string[],
  next: (below: number) => number,
  fresh: string,
): AnyStage {
  const name = (): string => names[next(names.length)] ?? ''
  const some = [...new Set([name(), name(), name()])]
  switch (kind) {
    case 0:
      return rename({ [name()]: fresh } as never) as AnyStage
    case 1:
      return names.length < 4
        ? (pick(...(names as never[])) as AnyStage)
        : (omit(name() as never) as AnyStage)
    case 2:
      return pick(...([...new Set([...names.slice(next(3)), ...some])] as never[])) as AnyStage
    case 3: {
      const rules = some.map((column) => [column, NORMALIZERS[next(NORMALIZERS.length)]])
      return normalize(Object.fromEntries(rules) as never) as AnyStage
    }
    default: {
      const made = key`K#${name()}/${name()}`
      const constants = ['', 'constant', 7, 12n, null, true] as const
      const constant = constants[next(constants.length)] ?? null
      return set({ [next(2) === 0 ? 'pk' : name()]: made, constant } as never) as AnyStage
    }
  }
}
