// The same community for Eleventy: pages of stories and members, paginated lists, a page for each challenge.
const chunks = (items, size) =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, number) => items.slice(number * size, (number + 1) * size));
const newest = (items) => items.sort((one, other) => other.date - one.date);

export default (config) => {
  config.addCollection("told", (api) => newest(api.getFilteredByGlob("content/stories/*.md")));
  config.addCollection("listed", (api) => chunks(newest(api.getFilteredByGlob("content/stories/*.md")), 60));
  config.addCollection("people", (api) =>
    Object.fromEntries(api.getFilteredByGlob("content/members/*.md").map((page) => [page.fileSlug, page])));
  config.addCollection("challenged", (api) => {
    const found = {};
    for (const page of newest(api.getFilteredByGlob("content/stories/*.md")))
      for (const slug of page.data.challenges) (found[slug] ??= []).push(page);
    return Object.entries(found).map(([slug, pages]) => ({ slug, pages: pages.slice(0, 60) }));
  });
  return { dir: { input: "content", includes: "../layouts", output: "public" }, markdownTemplateEngine: "njk" };
};
