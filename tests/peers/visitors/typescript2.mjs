// The 2.x line of the official TypeScript SDK pays a visit. Arguments: URL, mode, the SDK's entry point.

import { pathToFileURL } from 'node:url';

import { AT_ONCE, LONG, MESSAGE, MODERN, PATIENCE_MILLISECONDS, TICKS, bounded } from './plan.mjs';

const [url, mode, entryPoint] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport } = await import(pathToFileURL(entryPoint).href);

const negotiation = { mode: mode === 'legacy' || mode === 'auto' ? mode : { pin: mode } };
const client = new Client({ name: 'visitor-typescript', version: '2' }, { versionNegotiation: negotiation });
const updated = new Promise((resolve) => {
  client.setNotificationHandler('notifications/resources/updated', () => resolve());
});
const transport = new StreamableHTTPClientTransport(new URL(url));
const heed = { onprogress: () => {} };

await client.connect(transport);
const legacy = client.getNegotiatedProtocolVersion() < MODERN;
await client.listTools();
if (legacy) {
  await client.ping();
  await client.setLoggingLevel('info');
  await client.subscribeResource({ uri: 'echo://session/current' });
}
const { structuredContent } = await client.callTool({ name: 'echo', arguments: { message: MESSAGE } });
if (legacy) {
  await bounded(updated);
  await client.unsubscribeResource({ uri: 'echo://session/current' });
} else {
  const subscription = await client.listen({ toolsListChanged: true });
  await client.callTool({ name: 'printHeader', arguments: {} });
  await subscription.close();
}
const handle = legacy ? {} : { session: structuredContent.session };
await client.callTool({ name: 'replayLastEcho', arguments: handle });
await client.callTool({ name: 'echo', arguments: TICKS }, heed);
await client.callTool({ name: 'bearerDecode', arguments: {} });
await Promise.all(Array.from({ length: AT_ONCE }, () => client.callTool({ name: 'printHeader', arguments: {} })));
await client.listResources();
await client.readResource({ uri: 'echo://server/health' });
await client.listPrompts();
await client.getPrompt({ name: 'diagnose-connection', arguments: { symptom: 'slow' } });
await client.complete({
  ref: { type: 'ref/prompt', name: 'diagnose-connection' }, argument: { name: 'symptom', value: 's' },
});
await client.callTool({ name: 'echo', arguments: LONG }, { ...heed, timeout: PATIENCE_MILLISECONDS })
  .catch(() => client.callTool({ name: 'healthProbe', arguments: {} }));
await client.listTools();
if (legacy) await transport.terminateSession();
await client.close();
