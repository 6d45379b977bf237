// Concurrent performance testing
async function performanceTest() {
  const promises = [];

  for (let i = 0; i < 100; i++) {
    promises.push(
      fetch('http://localhost:3000/mcp', {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json'
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          method: 'tools/call',
          params: {
            name: 'requestTiming',
            arguments: {}
          },
          id: i
        })
      })
    );
  }

  const results = await Promise.all(promises);
  console.log(`Completed ${results.length} requests`);
}
