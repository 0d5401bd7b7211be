const { contextBridge, ipcRenderer, webUtils } = require('electron');

const tries = {};
for (const name of ['fs', 'child_process', 'events', 'timers', 'url']) {
  try {
    tries[name] = typeof require(name);
  } catch (error) {
    tries[name] = error.message;
  }
}

contextBridge.exposeInMainWorld('fixture', {
  tries,
  argv: process.argv,
  nested: { list: [1, 2] },
  echo: (value) => ipcRenderer.invoke('echo', value),
  fail: () => ipcRenderer.invoke('fail'),
  missing: () => ipcRenderer.invoke('missing'),
  sender: () => ipcRenderer.invoke('sender'),
  pick: () => ipcRenderer.invoke('pick'),
  ask: (question) => ipcRenderer.sendSync('ask', question),
  same: (value) => value,
  throws: () => {
    throw new RangeError('thrown in the preload script');
  },
  callLater: (callback) => Promise.resolve(callback('called')),
  pathOf: (file) => webUtils.getPathForFile(file),
  work: (steps) => ipcRenderer.send('work', steps),
  onMenu: (listener) => {
    const hear = (_event, id) => listener(id);
    ipcRenderer.on('menu', hear);
    return () => ipcRenderer.off('menu', hear);
  },
});

// A port cannot cross the bridge; the window can carry it.
ipcRenderer.on('work', ({ ports }, message) => window.postMessage({ work: message }, '*', ports));
