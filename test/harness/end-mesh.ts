import type { TestMesh } from '../../src/testing/index.ts'

/**
 * Ends the meshes of a test whose subject is another one than their end: as if their processes died. Who leaves waits up to
 * 2 s for somebody that takes its seat in a group over, and 5 s for what it has published, and when all leave nobody comes.
 */
export async function endMeshes (...meshes: ReadonlyArray<TestMesh | undefined>): Promise<void> {
  await Promise.all(meshes.map(async mesh => {
    for (const node of mesh?.alive ?? []) mesh?.kill(node)
    await mesh?.stop()
  }))
}
