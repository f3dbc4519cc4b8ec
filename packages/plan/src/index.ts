export type { Plan, PlannedTarget, Reason } from './plan.ts'
