import type { Command } from 'commander'
import type { Accept, CommonFlags } from './command.js'
import { withCommonOptions } from './command-options.js'

/** Adds what is about this machine and no pipeline: `doctor` and `local`. */
export function addMachineCommands(program: Command, accept: Accept): void {
  addDoctor(program, accept)
  addLocal(program, accept)
}

function addDoctor(program: Command, accept: Accept): void {
  withCommonOptions(
    program.command('doctor').description('check this machine: versions, credentials, connections'),
  )
    .addHelpText('after', DOCTOR_HELP)
    .action((flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { doctorCommand } = await import('./commands/doctor.js')
        return doctorCommand(context, flags)
      })
    })
}

const DOCTOR_HELP = `
Examples:
  headrace doctor
  headrace doctor --local    without AWS: only what the embedded DynamoDB needs

Exits with 1 when something that is needed is missing.`

function addLocal(program: Command, accept: Accept): void {
  withCommonOptions(
    program.command('local').description('keep the embedded DynamoDB running for other tools'),
  )
    .addHelpText('after', LOCAL_HELP)
    .action((flags: CommonFlags) => {
      accept(flags, async (context) => {
        const { localCommand } = await import('./commands/local.js')
        return localCommand(context, flags)
      })
    })
}

const LOCAL_HELP = `
Examples:
  headrace local
  headrace local --state-dir /tmp/scratch --json`
