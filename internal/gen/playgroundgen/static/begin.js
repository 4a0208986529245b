// What the page shows before anything is typed.
engine.ask("about").then(async (about) => {
  if (about.error) {
    byId("explain-status").textContent = about.error;
    return;
  }
  showLogExamples(about.logs);
  showKinds(about.kinds);
  showProgramExamples(about.programs);
  await useProgram(about.programs[0]);
  document.documentElement.dataset.ready = "yes";
});
firstTab();
