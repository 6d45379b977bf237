// The 1.x line of the official TypeScript SDK pays a visit. Arguments: URL, mode, folder of the SDK's modules.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { AT_ONCE, LONG, MESSAGE, PATIENCE_MILLISECONDS, TICKS, bounded } from './plan.mjs';

const [url, , folder] = process.argv.slice(2);
const load = (module) => import(pathToFileURL(join(folder, module)).href);
const { Client } = await load('client/index.js');
const { StreamableHTTPClientTransport } = await load('client/streamableHttp.js');
const { ResourceUpdatedNotificationSchema } = await load('types.js');

const client = new Client({ name: 'visitor-typescript', version: '1' });
const updated = new Promise((resolve) => {
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, () => resolve());
});
const transport = new StreamableHTTPClientTransport(new URL(url));
const heed = { onprogress: () => {} };

await client.connect(transport);
await client.ping();
await client.listTools();
await client.setLoggingLevel('info');
await client.subscribeResource({ uri: 'echo://session/current' });
await client.callTool({ name: 'echo', arguments: { message: MESSAGE } });
await client.callTool({ name: 'replayLastEcho', arguments: {} });
await bounded(updated);
await client.unsubscribeResource({ uri: 'echo://session/current' });
await client.callTool({ name: 'echo', arguments: TICKS }, undefined, heed);
await client.callTool({ name: 'bearerDecode', arguments: {} });
await Promise.all(Array.from({ length: AT_ONCE }, () => client.callTool({ name: 'printHeader', arguments: {} })));
await client.listResources();
await client.readResource({ uri: 'echo://server/health' });
await client.listPrompts();
await client.getPrompt({ name: 'diagnose-connection', arguments: { symptom: 'slow' } });
await client.complete({
  ref: { type: 'ref/prompt', name: 'diagnose-connection' }, argument: { name: 'symptom', value: 's' },
});
await client.callTool({ name: 'echo', arguments: LONG }, undefined, { ...heed, timeout: PATIENCE_MILLISECONDS })
  .catch(() => client.callTool({ name: 'sessionInfo', arguments: {} }));
await client.listTools();
await transport.terminateSession();
await client.close();
