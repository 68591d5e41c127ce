import { differingAttributes } from '../formats/dynamodb/attribute-value.js'
import { createItemDigest } from '../formats/item-digest.js'
import { sampleSides } from '../verify/sample-sides.js'
import type { OpenedPipeline } from './opened-pipeline.js'
import type { CommonOptions } from './options.js'
import { sourceSide } from './source-items.js'
import type { VerificationResult } from './summary.js'
import { comparing, type Against } from './verify-compare.js'

/** Compares so many items, chosen at random. */
export function compareSample(
  opened: OpenedPipeline,
  options: CommonOptions,
  against: Against,
  size: number,
): Promise<VerificationResult> {
  return comparing(opened, options, against, async (parts) => {
    const { drawnFrom, shareNoticed, ...compared } = await sampleSides({
      source: sourceSide(opened, against.limit, parts.refused),
      target: opened.target,
      duplicates: opened.target.duplicates,
      digest: createItemDigest(against.key),
      comparable: parts.comparable,
      differingAttributes,
      signal: parts.signal,
      onProgress: parts.onProgress,
      size,
    })
    const items = compared.sourceItems
    return {
      ...compared,
      changedSince: 0,
      excluded: [`all but a random sample of ${items} items; extra items are not looked for`],
      sample: { items, of: drawnFrom, shareNoticed },
    }
  })
}
