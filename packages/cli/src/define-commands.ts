import type { Command } from 'commander'
import type { CommandFrame } from './command-words.ts'
import { addCompletion } from './define-completion.ts'
import { addPlanning } from './define-planning.ts'
import { addQuestions } from './define-questions.ts'
import { addApply, addRun } from './define-running.ts'
import { addCache, addCi, addDoctor, addLock } from './define-upkeep.ts'

/** Every command with its arguments and options, in the order of the help; what runs is loaded when it is called. */
export function defineCommands(program: Command, frame: CommandFrame): void {
  addPlanning(program, frame)
  addApply(program, frame)
  addRun(program, frame)
  addQuestions(program, frame)
  addLock(program, frame)
  addCi(program, frame)
  addCache(program, frame)
  addDoctor(program, frame)
  addCompletion(program, frame)
}
