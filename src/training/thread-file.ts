/** The file `worker` beside the asking one, as a thread runs it: TypeScript when that runs unbuilt, JavaScript in `dist`. */
export function threadFile(from: string): URL {
  return new URL(from.endsWith('.ts') ? './worker.ts' : './worker.js', from);
}
