import { calleeKey, serviceKey, type ServiceKey, type ServiceSpec } from '../spec.ts';

/**
 * The services in an order in which every caller comes before what it calls.
 *
 * @throws RangeError when services call each other in a circle: the simulator sends requests one way.
 */
export function callersFirst(services: readonly ServiceSpec[]): readonly ServiceSpec[] {
  const byKey = new Map(services.map((service) => [serviceKey(service), service]));
  const done: ServiceSpec[] = [];
  const state = new Map<ServiceKey, 'open' | 'done'>();

  function visit(service: ServiceSpec): void {
    const key = serviceKey(service);
    if (state.get(key) === 'done') {
      return;
    }
    if (state.get(key) === 'open') {
      throw new RangeError(`services call each other in a circle: ${key}`);
    }
    state.set(key, 'open');
    for (const call of service.load?.calls ?? []) {
      const callee = byKey.get(calleeKey(service, call));
      if (callee !== undefined) {
        visit(callee);
      }
    }
    state.set(key, 'done');
    done.push(service);
  }

  for (const service of services) {
    visit(service);
  }
  return done.reverse();
}
