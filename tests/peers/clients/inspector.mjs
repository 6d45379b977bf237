// MCP Inspector's command line as a client: run anew, and so with a session of its own, for each call.
//
// Arguments and report are those of reporting.py; one more argument at the end is the module that holds its runCli.
// All runs share one process, since starting Node.js costs more than a call.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const TOOL_IS_ERROR = 5; // exit code of a run whose result says isError; the result is printed all the same

const [url, mode, planText, entryPoint] = process.argv.slice(2);
const plan = JSON.parse(planText);

// A home of its own: the Inspector writes a catalogue there that must not be the developer's.
const home = mkdtempSync(join(tmpdir(), 'inspector'));
process.env.HOME = home;
process.on('exit', () => rmSync(home, { recursive: true }));
const { runCli } = await import(pathToFileURL(entryPoint).href);

const write = process.stdout.write.bind(process.stdout);
const target = ['--format', 'json', '-q', '--transport', 'http', '--server-url', url, '--protocol-era', mode];

async function ask(...options) {
  let printed = '';
  process.stdout.write = (text, done) => { printed += text; done?.(); return true; };
  try {
    await runCli([process.argv[0], entryPoint, ...target, '--method', ...options]);
  } catch (error) {
    if (error.exitCode !== TOOL_IS_ERROR) throw error;
  } finally {
    process.stdout.write = write;
  }
  return JSON.parse(printed).result;
}

const { tools } = await ask('tools/list');
const calls = {};
for (const call of plan.calls) {
  const handle = call.handle ? { session: calls.echo.structured.session } : {};
  const given = JSON.stringify({ ...call.arguments, ...handle });
  const result = await ask('tools/call', '--tool-name', call.name, '--tool-args-json', given);
  const text = result.content.filter((block) => block.type === 'text').map((block) => block.text).join('');
  calls[call.name] = { is_error: result.isError ?? false, text, structured: result.structuredContent ?? null };
}
console.log(JSON.stringify({ protocol: null, tools: tools.map((tool) => tool.name), calls, notifications: [] }));
