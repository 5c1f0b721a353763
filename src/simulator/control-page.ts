import type { WorldSpec } from './world/spec.ts';
import { FAULT_KINDS } from './world/spec.ts';

/** The page on which people make a simulated cluster ill: a form, and what is wrong with the cluster now. */
export function controlPage({ scenario }: { readonly scenario: WorldSpec }): string {
  const services = scenario.services.filter(({ load }) => load !== undefined);
  const options = (values: readonly string[]): string =>
    values.map((value) => `<option>${escaped(value)}</option>`).join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Simulated cluster</title>
<style>
  body { font: 16px system-ui, sans-serif; margin: 2rem auto; max-width: 48rem; background: #f5f5f5; color: #1a237e; }
  form, table { background: #fff; padding: 1rem; border-radius: .5rem; width: 100%; box-sizing: border-box; }
  select, button { font: inherit; padding: .3rem .6rem; } button { background: #009688; color: #fff; border: 0; border-radius: .3rem; }
  td { padding: .2rem .6rem; } code { background: #e8eaf6; padding: .1rem .3rem; }
</style>
<h1>Simulated cluster</h1>
<form id="form">
  <label>Make <select name="service">${options(services.map(({ namespace, name }) => `${namespace}/${name}`))}</select></label>
  <label>ill with <select name="kind">${options(FAULT_KINDS)}</select></label>
  <button>Inject</button> <output id="said"></output>
</form>
<h2>What is wrong now</h2>
<table id="faults"></table>
<p>The same from a shell: <code>curl -d '{"kind":"bad-rollout-crash","namespace":"shop","service":"checkout"}' http://localhost:9097/faults</code></p>
<script>
  const cell = (text) => { const td = document.createElement('td'); td.textContent = text; return td; };
  async function show() {
    const { faults } = await (await fetch('faults')).json();
    const table = document.getElementById('faults');
    table.replaceChildren(...faults.map(({ fault, startedAt, present }) => {
      const row = document.createElement('tr');
      const state = startedAt === undefined ? 'about to begin' : present ? 'present' : 'cured';
      row.append(cell(fault.id), cell(fault.target.namespace + '/' + fault.target.service), cell(state));
      const clear = document.createElement('button');
      clear.textContent = 'Clear';
      clear.onclick = async () => { await fetch('faults/' + encodeURIComponent(fault.id), { method: 'DELETE' }); show(); };
      row.append(cell(''));
      row.lastChild.append(clear);
      return row;
    }));
    if (faults.length === 0) table.textContent = 'Nothing.';
  }
  document.getElementById('form').onsubmit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const [namespace, service] = form.get('service').split('/');
    const answer = await fetch('faults', { method: 'POST', body: JSON.stringify({ kind: form.get('kind'), namespace, service }) });
    const body = await answer.json();
    document.getElementById('said').textContent = answer.ok ? 'Injected ' + body.id : body.error;
    show();
  };
  show();
  setInterval(show, 2000);
</script>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
