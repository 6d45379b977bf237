// The 2.x line of the official TypeScript SDK as a client, in the mode it is told.
//
// Arguments and report are those of reporting.py; one more argument at the end is the SDK's entry point.

import { pathToFileURL } from 'node:url';

const NOTIFICATION_WAIT_MILLISECONDS = 5000;

const [url, mode, planText, entryPoint] = process.argv.slice(2);
const plan = JSON.parse(planText);
const { Client, StreamableHTTPClientTransport } = await import(pathToFileURL(entryPoint).href);

const received = [];
let enough;
const enoughReceived = new Promise((resolve) => { enough = resolve; });

const negotiation = { mode: mode === 'legacy' || mode === 'auto' ? mode : { pin: mode } };
const client = new Client({ name: 'peer-typescript', version: '2' }, { versionNegotiation: negotiation });
client.setNotificationHandler('notifications/message', ({ params }) => {
  received.push(params.data);
  if (received.length >= plan.notifications) enough();
});

await client.connect(new StreamableHTTPClientTransport(new URL(url)));
const { tools } = await client.listTools();
const calls = {};
for (const call of plan.calls) {
  const handle = call.handle ? { session: calls.echo.structured.session } : {};
  const result = await client.callTool({ name: call.name, arguments: { ...call.arguments, ...handle } });
  const text = result.content.filter((block) => block.type === 'text').map((block) => block.text).join('');
  calls[call.name] = { is_error: result.isError ?? false, text, structured: result.structuredContent ?? null };
}
if (plan.notifications) {
  const late = new Promise((resolve) => { setTimeout(resolve, NOTIFICATION_WAIT_MILLISECONDS).unref(); });
  await Promise.race([enoughReceived, late]);
}
const protocol = client.getNegotiatedProtocolVersion();
await client.close();
console.log(JSON.stringify({ protocol, tools: tools.map((tool) => tool.name), calls, notifications: received }));
