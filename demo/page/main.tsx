/** The demo page: one click makes this tab a node; it shows, calls, serves and consumes. Uses the public API only. */
import { render } from 'preact'
import { App } from './components/app.tsx'

const root = document.getElementById('app')
if (root != null) {
  root.replaceChildren()
  render(<App />, root)
}
