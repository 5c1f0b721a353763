// JSON Schemas of what Alertmanager posts (Alertmanager 0.34, `notify/webhook` and `template.Data`). They ask for no more
// than is used and forbid nothing else, because every release adds fields. A wrong type in a field that is only shown
// must not cost an alert, so such fields are not here: they are read with a fallback.

/** Nothing may be changed in a payload: no type is coerced, no label removed. */
export const AJV_OPTIONS = {
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allowUnionTypes: true,
} as const;

/** Without these two, a body is not a webhook. */
export const ENVELOPE_SCHEMA = {
  type: 'object',
  required: ['version', 'alerts'],
  properties: {
    version: { type: 'string', maxLength: 32 },
    alerts: { type: 'array' },
  },
} as const;

/** One entry of `alerts`. Sizes are checked apart from this, after the shape. */
export const ALERT_SCHEMA = {
  type: 'object',
  required: ['status', 'labels', 'startsAt'],
  properties: {
    status: { enum: ['firing', 'resolved'] },
    labels: { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } },
    annotations: { type: ['object', 'null'], additionalProperties: { type: 'string' } },
    startsAt: { type: 'string' },
    endsAt: { type: ['string', 'null'] },
  },
} as const;
