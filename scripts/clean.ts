/** `npm run clean`: removes what a build or a test run left. */
import { rmSync } from 'node:fs'

for (const path of ['dist', 'coverage']) rmSync(path, { recursive: true, force: true })
