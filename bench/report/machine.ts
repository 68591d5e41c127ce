import { cpus, totalmem } from 'node:os'

/** What numbers are of: they compare within one machine only. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly platform: string
  readonly node: string
}

export function thisMachine(): Machine {
  const cores = cpus()
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  }
}

/** `Xeon, 2 cores, 8 GB, linux x64, Node v20.19.0` */
export function formatMachine({ cpu, cores, memoryBytes, platform, node }: Machine): string {
  const gigabytes = Math.round(memoryBytes / 2 ** 30)
  return `${cpu}, ${cores} cores, ${gigabytes} GB, ${platform}, Node ${node}`
}
