import { sameJson } from '../../api/json.ts';
import type { Kit } from '../kit.ts';

/** Keeps what each ResourceQuota shows as used true. Source: kubernetes pkg/controller/resourcequota. */
export function reconcileQuotas(kit: Kit): void {
  for (const quota of kit.list('resourcequotas')) {
    const status = { hard: quota.spec?.hard ?? {}, used: kit.quotaUsed(quota) };
    if (!sameJson(quota.status, status)) {
      kit.updateStatus('resourcequotas', quota, status);
    }
  }
}
