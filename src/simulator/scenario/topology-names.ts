import type { Random } from '../world/random.ts';
import { shuffled } from './dice.ts';

const THINGS = [
  'account',
  'address',
  'basket',
  'billing',
  'booking',
  'calendar',
  'campaign',
  'carrier',
  'category',
  'comment',
  'contract',
  'coupon',
  'currency',
  'customer',
  'delivery',
  'device',
  'discount',
  'document',
  'event',
  'fare',
  'feed',
  'fraud',
  'geo',
  'gift',
  'image',
  'inbox',
  'insight',
  'inventory',
  'invoice',
  'item',
  'label',
  'ledger',
  'locale',
  'loyalty',
  'media',
  'menu',
  'message',
  'offer',
  'order',
  'parcel',
  'partner',
  'payment',
  'pricing',
  'product',
  'profile',
  'promotion',
  'quote',
  'rating',
  'refund',
  'report',
  'review',
  'route',
  'schedule',
  'seat',
  'session',
  'stock',
  'subscription',
  'tax',
  'ticket',
  'tracking',
  'vendor',
  'voucher',
  'wallet',
  'warehouse',
  'wishlist',
] as const;

const SUFFIXES = {
  gateway: ['web', 'gateway', 'mobile', 'portal'],
  middle: ['api', 'service', 'engine', 'planner'],
  leaf: ['lookup', 'rules', 'rates', 'index'],
  stateful: ['db', 'store', 'cache', 'queue'],
} as const;

export type NameKind = keyof typeof SUFFIXES;

/** Gives names that look like those of services, never one twice. */
export function makeNames(random: Random): (kind: NameKind) => string {
  const things = shuffled(random, THINGS);
  const taken = new Map<NameKind, number>();
  return (kind) => {
    const count = taken.get(kind) ?? 0;
    taken.set(kind, count + 1);
    const suffixes = SUFFIXES[kind];
    const thing = things[count % things.length] ?? 'thing';
    const suffix = suffixes[(count + Math.floor(count / things.length)) % suffixes.length] ?? kind;
    // There are more services than pairs only in worlds that are larger than any that is made.
    const round = Math.floor(count / (things.length * suffixes.length));
    return round === 0 ? `${thing}-${suffix}` : `${thing}-${suffix}-${round + 1}`;
  };
}
