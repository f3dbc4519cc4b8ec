export type { Fingerprinted, Ingredients, NeedIngredient } from './ingredients.ts'
export type { FileTree, Inventory, InventoryEntry } from './inventory.ts'
