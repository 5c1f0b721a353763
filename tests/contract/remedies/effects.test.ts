import { expect, test } from '@jest/globals';
import { ACTION_ID_ANNOTATION, writesOf, type Intent, type PlannedWrite } from '../../../src/domain/remedy.ts';
import { differences, pictureOf } from './hands.ts';
import { intentOf, undosOf } from './journey.ts';
import { at, disturbed, keyOf, placeOfUndo, placeOfWrite, type Place } from './places.ts';
import { describeWorlds, openScene, type Prepared, type Scene } from './prepared.ts';
import { isWrite, markOf } from './sessions.ts';

/** A scene in which the remedy is planned, and done unless told otherwise. */
async function done(
  prepared: Prepared,
  scene: Scene = openScene(prepared),
): Promise<Scene & { readonly intent: Intent }> {
  const intent = intentOf(await scene.journey.plan(prepared.incident));
  const result = await scene.journey.execute(intent);
  expect(result).toMatchObject({ kind: 'done' });
  expect(result).not.toHaveProperty('left');
  return { ...scene, intent };
}

function writesAll(intent: Intent): readonly PlannedWrite[] {
  return writesOf(intent);
}

describeWorlds((prepared, _given, world) => {
  test('takes effect', async () => {
    const { frozen } = prepared();
    const scene = openScene(prepared(), { objects: frozen.living.objects });

    const { intent } = await done(prepared(), scene);

    world.effect({ ...frozen.living, intent });
  });

  test('writes nothing before every write was rehearsed with the same body, and says whose it is', async () => {
    const { session, intent } = await done(prepared());

    const asked = session.asked().filter(isWrite);
    const real = asked.filter(({ dryRun }) => !dryRun);
    const plain = (body: string): string => body.replace(/,?"dryRun":\["All"\]/, '');
    expect(real).toHaveLength(writesAll(intent).length);
    for (const write of real) {
      const before = asked.slice(0, asked.indexOf(write)).filter(({ dryRun, path }) => dryRun && path === write.path);
      expect(before.map(({ body }) => plain(body))).toContain(write.body);
    }
    // A Scale, a resize and a status take no annotations.
    for (const write of real.filter(({ path }) => !/\/(scale|resize|status)$/.test(path))) {
      expect(markOf(write)).toBe(intent.actionId);
    }
  });

  test('touches nothing but what it says', async () => {
    const before = pictureOf(prepared().frozen.thaw());
    const { session, intent } = await done(prepared());

    const changed = differences(before, pictureOf(session.objects)).map((line) => line.split(/[: ]/)[0]);

    const named = new Set(writesAll(intent).map((write) => keyOf(placeOfWrite(write))));
    // The API server itself books an eviction on the budget.
    expect(changed.filter((key = '') => !named.has(key) && !key.startsWith('poddisruptionbudgets/'))).toEqual([]);
  });

  test('is recognised after a crash, and not written again', async () => {
    const { session, journey, intent } = await done(prepared());

    const again = await journey.execute(intent, 'again');

    // What an endpoint did nobody can read back.
    expect(again.kind).toBe(intent.call === undefined ? 'already-done' : 'unknown');
    expect(session.writes('again')).toEqual([]);
    expect(session.writes()).toHaveLength(writesAll(intent).length);
    expect(journey.endpoints.calls).toHaveLength(intent.call === undefined ? 0 : 1);
  });

  test('is undone exactly, and once', async () => {
    const before = pictureOf(prepared().frozen.thaw());
    const { session, journey, intent } = await done(prepared());
    const undos = undosOf(intent, world);

    const first = await journey.undo(intent);
    const after = pictureOf(session.objects);
    const second = await journey.undo(intent, 'undo again');

    expect(first.map(({ kind }) => kind)).toEqual(undos.map(() => 'undone'));
    expect(second.map(({ kind }) => kind)).toEqual(undos.map(() => 'already-undone'));
    expect(session.writes('undo again')).toEqual([]);
    if (world.takenBack !== undefined) return;
    const lost = writesAll(intent).filter(({ undo }) => undo === undefined);
    const gone = new Set(lost.map((write) => keyOf(placeOfWrite(write))));
    const left = differences(before, after).filter((line) => {
      const [key = ''] = line.split(/[: ]/);
      return !gone.has(key) && !key.startsWith('poddisruptionbudgets/');
    });
    expect(left).toEqual([]);
  });

  test('is not undone once somebody has changed what it left', async () => {
    const intents = await done(prepared());

    for (const { step, what } of undosOf(intents.intent, world)) {
      for (const pointer of Object.keys(what.expect)) {
        const { session, journey, intent } = await done(prepared());
        const place = placeOfUndo(what);
        session.objects.update(place.resource, disturbed(at(session.objects, place), pointer));
        const left = pictureOf(session.objects);

        const answers = await journey.undo(
          world.takenBack === undefined ? { ...intent, ...only(intent, step) } : intent,
        );

        expect({ pointer, answers }).toMatchObject({
          pointer,
          answers: [{ kind: 'refused', refusal: { code: 'changed-since' } }],
        });
        expect(session.writes('undo')).toEqual([]);
        expect(differences(left, pictureOf(session.objects))).toEqual([]);
      }
    }
  });

  test('is not written where somebody changed the object after the plan', async () => {
    const planned = intentOf(await openScene(prepared()).journey.plan(prepared().incident));

    for (const [step, write] of writesAll(planned).entries()) {
      const { session, journey } = openScene(prepared());
      const intent = intentOf(await journey.plan(prepared().incident));
      meddle(session.objects, write, placeOfWrite(write));

      const result = await journey.execute(intent);

      const paths = session.writes().map(({ method, path }) => `${method} ${path}`);
      expect(paths).not.toContain(`${write.write.method} ${write.write.path}`);
      // A pod that was replaced needs no eviction any more.
      if (write.resourceVersion === '' && write.write.path.endsWith('/eviction')) continue;
      // Where two writes are to the same object the first one stops at it already.
      const [first] = writesAll(planned);
      const isOfFirst = first !== undefined && keyOf(placeOfWrite(first)) === keyOf(placeOfWrite(write));
      expect(leftOut(result)).toContain(intent.independent !== true && isOfFirst ? 'all' : step);
    }
  });

  test('is refused by the server where somebody changes the object in the last moment', async () => {
    const planned = intentOf(await openScene(prepared()).journey.plan(prepared().incident));

    for (const [step, write] of writesAll(planned).entries()) {
      let writes = 0;
      let before = pictureOf(prepared().frozen.thaw());
      const scene = openScene(prepared(), {
        beforeWrite(objects) {
          writes += 1;
          if (writes !== step + 1) return;
          meddle(objects, write, placeOfWrite(write));
          before = pictureOf(objects);
        },
      });
      const intent = intentOf(await scene.journey.plan(prepared().incident));

      const result = await scene.journey.execute(intent);

      expect(leftOut(result)).toContain(intent.independent !== true && step === 0 ? 'all' : step);
      const place = keyOf(placeOfWrite(write));
      const touched = differences(before, pictureOf(scene.session.objects)).map((line) => line.split(/[: ]/)[0]);
      expect(touched).not.toContain(place);
    }
  });
});

/** What the first write of these is to undo: the intent with one step only. */
function only(intent: Intent, step: number): Pick<Intent, 'undo' | 'also'> {
  const write = writesOf(intent)[step];
  return { ...(write?.undo === undefined ? {} : { undo: write.undo }), also: [] };
}

/** Whatever keeps a write from being for the object as it is: another version, or another object where the version is free. */
function meddle(objects: Scene['session']['objects'], write: PlannedWrite, place: Place): void {
  const { resource, namespace, name } = place;
  if (write.uid === '') {
    const { apiVersion, kind } = write.write.body as { readonly apiVersion: string; readonly kind: string }; // A whole object is sent.
    objects.create(resource, {
      apiVersion,
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      spec: {},
    });
    return;
  }
  const object = at(objects, place);
  if (write.resourceVersion !== '') {
    const annotations = { ...object.metadata.annotations, somebody: 'was here' };
    objects.update(resource, { ...object, metadata: { ...object.metadata, annotations } });
    return;
  }
  const { uid: _uid, resourceVersion: _version, ...metadata } = object.metadata;
  objects.remove(resource, namespace, name);
  objects.create(resource, {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [ACTION_ID_ANNOTATION]: 'another' } },
  });
}

/** The steps that were not done, or `all`. */
function leftOut(result: Awaited<ReturnType<Scene['journey']['execute']>>): readonly (number | 'all')[] {
  if (result.kind === 'refused') return ['all', 0];
  return 'left' in result ? (result.left ?? []).map(({ step }) => step) : [];
}
