import { stdin } from 'node:process'
import { reap } from './reap.ts'

// The entry of the reaper process; bundled on its own, because it must start in no time and hold next to nothing.
void reap(stdin)
