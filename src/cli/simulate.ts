import { systemClock } from '../adapters/system-clock.ts';
import { AutoHealError, errorText } from '../domain/errors.ts';
import { startControlServer } from '../simulator/control-server.ts';
import { startMetricsServer } from '../simulator/metrics-server.ts';
import { startSimulation } from '../simulator/simulation.ts';
import { DEMO_WORLD } from '../simulator/world/demo.ts';
import { makeLogger } from '../telemetry/logger.ts';
import { firstSignal } from './serve.ts';

export interface SimulateOptions {
  readonly host: string;
  readonly apiPort: number;
  readonly metricsPort: number;
  readonly port: number;
  readonly speed: number;
  readonly seed: number;
}

/**
 * A simulated cluster that lives until it is interrupted: its Kubernetes API, its metrics for a real Prometheus, and a page
 * on which people make it ill.
 *
 * @throws AutoHealError `CONFIG_INVALID` when an option is wrong or a port is taken.
 */
export async function simulate(options: SimulateOptions): Promise<void> {
  if (!(options.speed >= 1 && options.speed <= 60)) {
    throw new AutoHealError('CONFIG_INVALID', '--speed must be between 1 and 60');
  }
  const log = makeLogger({ level: 'info' });
  const { host } = options;
  const closing: (() => Promise<void>)[] = [];
  try {
    const simulation = await startSimulation({
      scenario: DEMO_WORLD,
      seed: options.seed,
      wall: systemClock,
      speed: options.speed,
      log,
      api: { host, port: options.apiPort },
    });
    closing.push(() => simulation.stop());
    const metricsText = (): string => simulation.world.metricsText();
    const metrics = await startMetricsServer({ metricsText, host, port: options.metricsPort });
    closing.push(() => metrics.close());
    const control = await startControlServer({
      world: simulation.world,
      scenario: DEMO_WORLD,
      host,
      port: options.port,
    });
    closing.push(() => control.close());
    log.info({ api: simulation.apiUrl, metrics: `${metrics.url}/metrics`, control: control.url }, 'the cluster lives');
    await firstSignal();
  } catch (error) {
    if (error instanceof AutoHealError) throw error;
    throw new AutoHealError('CONFIG_INVALID', `the cluster cannot be served: ${errorText(error)}`, { cause: error });
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}
