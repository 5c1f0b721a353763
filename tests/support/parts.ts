import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { describe, test } from '@jest/globals';
import { request } from 'undici';

/** A real program that a suite talks to: from a folder of PATH (or AUTOHEAL_COMPONENTS), or from its published image. */
export type Part =
  | { readonly kind: 'program'; readonly path: string }
  | { readonly kind: 'image'; readonly image: string }
  | { readonly kind: 'missing'; readonly why: string };

const IMAGES: Readonly<Record<string, string>> = {
  prometheus: 'prom/prometheus:v3.5.0',
  alertmanager: 'prom/alertmanager:v0.28.1',
};

/** Where a program is to be had. `AUTOHEAL_PARTS=docker` skips PATH, to try the way of the images. */
export function findPart(name: string): Part {
  const folders = [process.env['AUTOHEAL_COMPONENTS'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];
  const path = folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram);
  if (path !== undefined && process.env['AUTOHEAL_PARTS'] !== 'docker') return { kind: 'program', path };
  const image = IMAGES[name];
  if (image !== undefined && dockerAnswers()) return { kind: 'image', image };
  return {
    kind: 'missing',
    why: `${name} is not on PATH${image === undefined ? '' : ' and no Docker engine answers'}`,
  };
}

/** A suite that needs real parts: run when they are there, skipped by name and reason, or failed when all are required. */
export function describeWithParts(
  name: string,
  needs: readonly string[],
  suite: (parts: ReadonlyMap<string, Part>) => void,
): void {
  const parts = new Map(needs.map((need) => [need, findPart(need)]));
  const missing = [...parts.values()].flatMap((part) => (part.kind === 'missing' ? [part.why] : []));
  if (missing.length === 0) {
    describe(name, () => suite(parts));
  } else if (process.env['AUTOHEAL_REQUIRE_ALL'] === '1') {
    test(`${name}: its parts must be there`, () => {
      throw new Error(missing.join('; '));
    });
  } else {
    describe.skip(`${name} (${missing.join('; ')})`, () => suite(parts));
  }
}

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a part that listens on the given port of 127.0.0.1 and resolves when `readyPath` answers 200. A container shares the
 * host's network, so that it reaches the servers of the test on 127.0.0.1 too: that needs Docker on Linux.
 */
export async function startPart(start: {
  readonly part: Part;
  /** A folder that the part may read; mounted under the same path in a container. */
  readonly folder: string;
  readonly port: number;
  readonly args: readonly string[];
  readonly readyPath: string;
}): Promise<Running> {
  const url = `http://127.0.0.1:${start.port}`;
  const started = await (start.part.kind === 'image'
    ? startImage(start.part.image, start)
    : startProgram(start.part, start));
  try {
    await untilReady(`${url}${start.readyPath}`, started.ended);
  } catch (error) {
    await started.stop();
    throw error;
  }
  return { url, stop: () => started.stop() };
}

interface StartedProcess {
  /** Why it ended, once it did. */
  readonly ended: () => string | undefined;
  stop(): Promise<void>;
}

async function startImage(
  image: string,
  start: { readonly folder: string; readonly args: readonly string[] },
): Promise<StartedProcess> {
  const { GenericContainer } = await import('testcontainers');
  const container = await new GenericContainer(image)
    .withNetworkMode('host')
    // What it writes into the folder must be deletable afterwards.
    .withUser(`${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`)
    .withBindMounts([{ source: start.folder, target: start.folder }])
    .withCommand([...start.args])
    .start();
  return {
    ended: () => undefined,
    stop: async () => {
      await container.stop();
    },
  };
}

/** A program that does not end by itself after SIGTERM is killed after so long. */
const END_WITHIN_MS = 10_000;

async function startProgram(
  part: Part,
  start: { readonly args: readonly string[]; readonly folder: string },
): Promise<StartedProcess> {
  if (part.kind !== 'program') throw new Error('the part is missing');
  const child = spawn(part.path, [...start.args], { cwd: start.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  let why: string | undefined;
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  child.on('error', (error) => {
    why = error.message;
  });
  child.on('exit', (code, signal) => {
    why = `${part.path} ended with ${code ?? signal}:\n${said}`;
    if (code !== 0 && code !== null) process.stderr.write(`${why}\n`);
  });
  return { ended: () => why, stop: () => end(child) };
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const killing = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    child.once('exit', () => {
      clearTimeout(killing);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

async function untilReady(url: string, ended: StartedProcess['ended']): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const status = await request(url, { headersTimeout: 1000, bodyTimeout: 1000 })
      .then(async (answer) => {
        await answer.body.dump();
        return answer.statusCode;
      })
      .catch(() => 0);
    if (status === 200) return;
    const why = ended();
    if (why !== undefined) throw new Error(why);
    await pause(50);
  }
  throw new Error(`${url} did not become ready within 20 s`);
}

/** A port that nothing listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}

/** Polls until `probe` returns something, for the few suites that watch real programs in real time. */
export async function eventually<T>(what: string, seconds: number, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const found = await probe();
    if (found !== undefined) return found;
    await pause(200);
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function dockerAnswers(): boolean {
  return spawnSync('docker', ['info'], { timeout: 5000, stdio: 'ignore' }).status === 0;
}
