const { fixture } = window;
const show = (id, text) => (document.getElementById(id).textContent = text);
let port;

document.getElementById('work').onclick = () => fixture.work(1000);
document.getElementById('cancel').onclick = () => port.postMessage('cancel');
window.addEventListener('message', ({ data, ports }) => {
  if (data.work === undefined) return;
  [port] = ports;
  port.onmessage = ({ data: step }) => show('progress', String(step));
});
window.stopMenu = fixture.onMenu((id) => show('menu', id));

document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  for (const item of event.dataTransfer.items) {
    const line = document.createElement('li');
    line.textContent = `${item.webkitGetAsEntry().isDirectory ? 'folder' : 'file'} ${fixture.pathOf(item.getAsFile())}`;
    document.getElementById('dropped').append(line);
  }
});
