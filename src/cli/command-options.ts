import { type Command, InvalidArgumentError } from 'commander'
import { STATE_DIR_DEFAULT } from '../run/state-folder.js'

/** Adds the options that every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .helpOption('-h, --help', 'show this help')
    .option('--local', 'use the embedded DynamoDB of the state folder instead of AWS')
    .option('--state-dir <folder>', 'where runs are recorded', STATE_DIR_DEFAULT)
    .option('--json', 'print JSON lines on stdout')
    .option('--verbose', 'print more: what is done, and where errors come from')
    .option('--quiet', 'print neither progress nor messages, but for errors')
}

/** Reads an option that is a whole number. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (/^\d+$/.test(text) && number >= min && Number.isSafeInteger(number)) return number
    throw new InvalidArgumentError(`Expected a whole number from ${min} up.`)
  }
}
