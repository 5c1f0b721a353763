/** What a path names below `/api/v1` or `/apis/<group>/<version>`. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace?: string;
  readonly plural: string;
  readonly name?: string;
  /** Empty for the object itself. */
  readonly subresource: string;
}

/** Subresources of a namespace; anything else after its name is a resource in it. */
const OF_NAMESPACE: ReadonlySet<string> = new Set(['status', 'finalize']);

/** The parts of a resource's path; undefined for paths of another form (discovery, health) and for broken escapes. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const segments = decoded(path);
  if (segments === undefined) {
    return undefined;
  }
  const [root, ...rest] = segments;
  if (root === 'api') {
    const [version = '', ...below] = rest;
    return parseBelow('', version, below);
  }
  if (root === 'apis') {
    const [group = '', version = '', ...below] = rest;
    return parseBelow(group, version, below);
  }
  return undefined;
}

function decoded(path: string): readonly string[] | undefined {
  const segments = path.split('/').filter((segment) => segment !== '');
  if (!path.includes('%')) {
    return segments;
  }
  try {
    return segments.map((segment) => decodeURIComponent(segment));
  } catch {
    return undefined;
  }
}

function parseBelow(group: string, version: string, below: readonly string[]): ResourcePath | undefined {
  const [first, second, third, ...others] = below;
  if (first === 'namespaces' && second !== undefined && third !== undefined && !OF_NAMESPACE.has(third)) {
    const [name, ...subresource] = others;
    return {
      group,
      version,
      namespace: second,
      plural: third,
      ...(name === undefined ? {} : { name }),
      subresource: subresource.join('/'),
    };
  }
  if (first === undefined) {
    return undefined;
  }
  return {
    group,
    version,
    plural: first,
    ...(second === undefined ? {} : { name: second }),
    subresource: third === undefined ? '' : [third, ...others].join('/'),
  };
}
