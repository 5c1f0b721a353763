/** The receiver of Alertmanager's configuration that a webhook was sent to. */
export interface Receiver {
  /** As the administrator wrote it. */
  readonly name: string;
  /** Where the receiver comes from an AlertmanagerConfig object, which prometheus-operator names `namespace/object/receiver`. */
  readonly config?: { readonly namespace: string; readonly name: string };
}

/** Reads the `receiver` field, to which Alertmanager applies Go's `regexp.QuoteMeta`: `my.hook` comes as `my\.hook`. */
export function parseReceiver(field: string): Receiver {
  if (!/[\\/]/.test(field)) return { name: field };
  const text = field.replaceAll(/\\([\\.+*?()|[\]{}^$])/g, '$1');
  const [namespace, name, receiver, ...rest] = text.split('/');
  if (!namespace || !name || !receiver || rest.length > 0) return { name: text };
  return { name: receiver, config: { namespace, name } };
}
