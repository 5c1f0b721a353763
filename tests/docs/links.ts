import { posix } from 'node:path';
import { anchorsOf, linksOf } from './markdown.ts';

/** What links are held against: the files of the project by their path from its root, and the text of its pages. */
export interface Project {
  /** Whether there is such a file or folder. */
  has(path: string): boolean;
  /** The text of a Markdown page; undefined for what is none. */
  page(path: string): string | undefined;
}

/** The links of a page that lead nowhere, each as `page: link (why)`. Addresses outside are not asked, only looked at. */
export function deadLinks(page: string, project: Project): readonly string[] {
  return linksOf(project.page(page) ?? '').flatMap((link) => {
    const why = whyDead(page, link, project);
    return why === undefined ? [] : [`${page}: ${link} (${why})`];
  });
}

function whyDead(page: string, link: string, project: Project): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return whyNotOutside(link);
  if (link.startsWith('/')) return 'an absolute path means something else on every host';
  const [path = '', anchor] = link.split('#', 2);
  const target = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(path)));
  if (target.startsWith('..') || !project.has(target.replace(/\/$/, ''))) return 'there is no such file';
  if (anchor === undefined) return undefined;
  const text = project.page(target);
  if (text === undefined) return 'only pages have anchors';
  return anchorsOf(text).has(anchor) ? undefined : 'the page has no such heading';
}

function whyNotOutside(link: string): string | undefined {
  if (link.startsWith('mailto:')) return undefined;
  if (!URL.canParse(link)) return 'not an address';
  const { protocol, hostname } = new URL(link);
  const isHere = hostname === 'localhost' || hostname === '127.0.0.1';
  return protocol === 'https:' || (protocol === 'http:' && isHere) ? undefined : 'not https';
}
