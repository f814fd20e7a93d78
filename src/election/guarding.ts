/** What a page loads, `#guarding`, when it guards a resource of its own, or asks for a register that it does not have. */
export { createFence } from './fence.ts'
export { MemberRegister } from './register.ts'
