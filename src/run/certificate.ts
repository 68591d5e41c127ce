import {
  DIGEST_DEFINITION,
  digestKeyId,
  sealCertificate,
} from '../verify/certificate/certificate.js'
import type { OpenedPipeline } from './opened-pipeline.js'
import type { CommonOptions } from './options.js'
import { planHash, planIdentity, VERSION } from './plan-identity.js'
import { writeJsonFile } from './state-folder.js'
import type { VerificationResult } from './summary.js'
import type { Against } from './verify-compare.js'

/** Name of the certificate in the folder of a run. */
export const CERTIFICATE_FILE = 'certificate.json'

/**
 * Writes down what a verification found, sealed with the digest key.
 * @throws HeadraceError `STATE` when the file cannot be written
 */
export async function issueCertificate(
  { pipeline, reader, target }: OpenedPipeline,
  { provenance }: CommonOptions,
  { record, key }: Against,
  result: VerificationResult,
  path: string,
): Promise<void> {
  const { missing, extra, different, changedSince } = result
  const { sourceDigest, targetDigest, excluded, missProbability } = result
  const { scope, ignore } = pipeline.verify ?? { scope: 'table', ignore: [] }
  const { label, identity, consistency } = reader
  const certificate = sealCertificate(
    {
      certificate: 'headrace-verification',
      version: 1,
      issuedAt: new Date().toISOString(),
      pipeline: pipeline.name,
      run: record?.runId ?? null,
      status: result.status,
      planHash: planHash(planIdentity(pipeline, provenance)),
      source: { type: pipeline.flow.source.type, label, identity, consistency },
      target: target.identity,
      scope,
      // What a writer adds is not compared either.
      ignore: [...ignore, ...(target.addedAttributes ?? [])],
      items: { source: result.sourceItems, target: result.targetItems },
      differences: { missing, extra, different, changedSince },
      digest: {
        definition: DIGEST_DEFINITION,
        keyId: digestKeyId(key),
        source: sourceDigest,
        target: targetDigest,
      },
      excluded,
      missProbability,
      versions: { headrace: VERSION, node: process.version },
    },
    key,
  )
  await writeJsonFile(path, certificate)
}
