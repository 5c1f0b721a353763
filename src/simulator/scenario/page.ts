import { FAULT_TABLE, HARMLESS_TABLE, type FaultKind } from '../world/faults/table.ts';
import { HELD_OUT_KINDS } from './draw.ts';
import { needsOf, type AnyKind } from './fitness.ts';

/** Every kind of fault as a table of Markdown, one row each. */
export function faultTable(): string {
  const rows = [...entriesOf(FAULT_TABLE), ...entriesOf(HARMLESS_TABLE)].map(([kind, fault]) => rowOf(kind, fault));
  return [
    '| kind | what it does | strength (default) | cured by | remedies that cure; that ease | needs |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function entriesOf(table: Readonly<Partial<Record<AnyKind, FaultKind>>>): readonly (readonly [AnyKind, FaultKind])[] {
  return Object.entries(table) as [AnyKind, FaultKind][]; // The keys of both tables are kinds and nothing else.
}

function rowOf(kind: AnyKind, fault: FaultKind): string {
  const { does, curedBy, sideEffects, strength, lastsSeconds, cures, eases } = fault;
  const heldOut = HELD_OUT_KINDS.includes(kind) ? ' (held out)' : '';
  const lasts = lastsSeconds === undefined ? '' : `; lasts ${lastsSeconds} s`;
  const beside = sideEffects === '' ? '' : `; ${sideEffects}`;
  const cells = [
    `\`${kind}\`${heldOut}`,
    `${does}${beside}`,
    strength.means === 'nothing' ? '-' : `${strength.means} (${strength.default})${lasts}`,
    curedBy,
    [cures, eases].map((names) => (names.length === 0 ? '-' : names.join(', '))).join('; '),
    needsOf(kind),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
