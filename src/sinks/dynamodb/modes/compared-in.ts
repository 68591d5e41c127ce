import type { Target } from '../../../core/sink.js'
import { touchedText, wantedText } from './update-text.js'
import type { WriteMode } from './write-mode.js'

/** What a verification compares of an item; `undefined` for modes that store items whole. */
export function comparedIn(mode: WriteMode): Target['compared'] {
  if (mode === 'delete') return (_encoded, stored) => ({ wanted: undefined, found: stored })
  if (mode !== 'update') return undefined
  return (encoded, stored) => {
    const wanted = wantedText(encoded)
    return { wanted, found: stored === undefined ? undefined : touchedText(wanted, stored) }
  }
}
