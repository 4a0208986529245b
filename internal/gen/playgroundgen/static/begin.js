// What the page shows before anything is typed.
engine.ask("about").then((about) => {
  if (about.error) {
    byId("explain-status").textContent = about.error;
    return;
  }
  showLogExamples(about.logs);
  document.documentElement.dataset.ready = "yes";
});
