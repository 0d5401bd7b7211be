// Writes down every event that the host tells, and what comes with it.
window.heard = [];
window.stopHearing = window.emend.listen((...all) => {
  window.heard.push(all);
  const item = document.createElement('li');
  item.textContent = all[0].type;
  document.getElementById('heard').append(item);
});
