// How the report is built. Paths and categories come from builder.py, in the environment.
const settings = JSON.parse(process.env.SCALE_OR_FAIL_SITE);

export default {
  name: settings.name,
  historyPath: settings.historyPath,
  historyLimit: 30,
  appendHistory: settings.appendHistory,
  categories: settings.categories,
  // Where a test ran inside pytest is of no use to the reader, and would push the figure off the screen.
  hideLabels: ["host", "thread", "framework", "language", "package", "parentSuite", "suite", "subSuite"],
  plugins: {
    awesome: {
      options: {
        reportName: settings.name,
        reportLanguage: "en",
        singleFile: true,
        groupBy: ["epic", "feature"], // the spine, then the activity; by story a test with two KSBs would be listed twice
        stepTreeExpansion: "expand_failed_only",
      },
    },
  },
};
