import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { fitOnNodes, freeOn, placeOnNodes } from '../../src/act/capacity/node-fit.ts';
import { aNodeObject, asking, running, toPlace } from '../builders/nodes.ts';

const cpu = fc.integer({ min: 0, max: 4000 });
const memory = fc.integer({ min: 0, max: 8192 });
const requests = fc
  .record({ cpu, memory })
  .map((each) => ({ cpu: `${each.cpu}m`, memory: `${each.memory}Mi` }) satisfies Record<string, string>);

const worlds = fc
  .record({
    sizes: fc.array(fc.record({ cpu, memory, pods: fc.integer({ min: 0, max: 6 }) }), { minLength: 1, maxLength: 4 }),
    loads: fc.array(fc.record({ on: fc.nat(3), asks: requests }), { maxLength: 8 }),
  })
  .map(({ sizes, loads }) => {
    const nodes = sizes.map((size, at) =>
      aNodeObject(`node-${at}`, { cpu: `${size.cpu}m`, memory: `${size.memory}Mi`, pods: String(size.pods) }),
    );
    const pods = loads.map(({ on, asks }, at) => running(`pod-${at}`, `node-${on}`, asks));
    return { nodes, pods };
  });

test('a pod that fits never takes more than what the node has left, in any resource', () => {
  let fitted = 0;
  fc.assert(
    fc.property(worlds, requests, ({ nodes, pods }, asks) => {
      for (const name of fitOnNodes(toPlace(asks), nodes, pods).fits) {
        const node = nodes.find(({ metadata }) => metadata.name === name);
        if (node === undefined) throw new Error(`${name} is no node`);
        const after = [...pods, running('new', name, asks)];

        const [before, free] = [freeOn(node, pods), freeOn(node, after)];

        // A node may be promised to more than it has already: a pod that asks for nothing of that fits all the same.
        expect(free.cpu).toBeGreaterThanOrEqual(Math.min(before.cpu, 0));
        expect(free.memory).toBeGreaterThanOrEqual(Math.min(before.memory, 0));
        const here = after.filter(({ spec }) => spec.nodeName === name);
        expect(here.length).toBeLessThanOrEqual(Number(node.status?.allocatable?.['pods']));
        fitted += 1;
      }
    }),
    { numRuns: 500 },
  );
  // Otherwise the property holds because nothing ever fitted.
  expect(fitted).toBeGreaterThan(100);
});

test('a pod that asks for less fits wherever the larger one did', () => {
  fc.assert(
    fc.property(worlds, requests, fc.double({ min: 0, max: 1, noNaN: true }), ({ nodes, pods }, asks, share) => {
      const less = {
        cpu: `${Math.floor(Number.parseInt(asks.cpu, 10) * share)}m`,
        memory: `${Math.floor(Number.parseInt(asks.memory, 10) * share)}Mi`,
      };

      const large = fitOnNodes(toPlace(asks), nodes, pods).fits;
      const small = fitOnNodes(toPlace(less), nodes, pods).fits;

      expect(small).toEqual(expect.arrayContaining([...large]));
    }),
    { numRuns: 500 },
  );
});

test('as many pods are placed as fit one after the other, and the next one fits nowhere', () => {
  let stopped = 0;
  fc.assert(
    fc.property(worlds, requests, fc.integer({ min: 1, max: 6 }), ({ nodes, pods }, asks, count) => {
      const { placed } = placeOnNodes(toPlace(asks), count, { nodes, pods });

      const standing = [...pods];
      for (let each = 0; each < placed; each += 1) {
        const [name] = fitOnNodes(toPlace(asks), nodes, standing).fits;
        expect(name).toBeDefined();
        standing.push(running(`new-${each}`, name ?? '', asks));
      }
      if (placed === count) return;
      stopped += 1;
      expect(fitOnNodes(toPlace(asks), nodes, standing).fits).toEqual([]);
    }),
    { numRuns: 300 },
  );
  expect(stopped).toBeGreaterThan(50);
});

test('whatever stands in a pod’s spec, the answer is an answer', () => {
  const fields = ['affinity', 'tolerations', 'nodeSelector', 'initContainers', 'overhead', 'resources'];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...fields), fc.jsonValue()), (odd) => {
      const { fits, why } = fitOnNodes(
        { namespace: '', labels: {}, spec: { ...asking({}), ...odd } },
        [aNodeObject('a')],
        [],
      );

      expect(fits.length === 1 || why !== '').toBe(true);
    }),
    { numRuns: 500 },
  );
});
