process.parentPort.once('message', ({ data: { steps }, ports: [port] }) => {
  process.parentPort.postMessage({ argument: process.argv[2], type: process.type });
  console.log('written by the worker');
  let step = 0;
  const timer = setInterval(() => {
    step += 1;
    port.postMessage(`step ${step}`);
    if (step === steps) end('done');
  }, 5);
  const end = (word) => {
    clearInterval(timer);
    port.postMessage(word);
    port.close();
    setTimeout(() => process.exit(0), 50);
  };
  port.on('message', ({ data }) => data === 'cancel' && end('cancelled'));
  port.start();
});
