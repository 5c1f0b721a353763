// What runs in the threads that `simulate.ts` starts: one topology after the other.
import { simulateTopology } from './incidents.ts';
import { serveTasks } from './threads.ts';

serveTasks(simulateTopology);
