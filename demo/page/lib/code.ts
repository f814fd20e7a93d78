/** Where the code behind each panel is: the page's own server has it as text. */
export const CODE: Readonly<Record<string, readonly string[]>> = {
  topology: ['demo/page/state/graph.ts', 'src/monitor/index.ts'],
  peers: ['demo/page/state/view.ts', 'src/discovery/index.ts'],
  services: ['demo/page/state/calls.ts', 'src/rpc/index.ts'],
  leaders: ['demo/page/state/leaders.ts', 'src/election/index.ts'],
  links: ['demo/page/state/links.ts', 'src/links/index.ts'],
  topics: ['demo/page/state/topics.ts', 'demo/page/state/channels.ts', 'src/pubsub/index.ts'],
  faults: ['demo/page/state/faults.ts', 'src/discovery/detector.core.ts'],
  events: ['demo/page/state/watch-events.ts']
}

/** Name of its file beside the page. */
export function codeFile (path: string): string {
  return `${path.replaceAll('/', '.')}.txt`
}
