/** What a page loads, `#guarding`, when it guards a resource of its own, or asks for a register or names voters that it does not have. */
export { createFence } from './fence.ts'
export { checkVoters } from './voters.ts'
export { MemberRegister } from './register.ts'
