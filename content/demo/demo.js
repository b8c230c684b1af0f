/* All that this product adds for its community: who reads, and what to keep of what they were shown. */
const NEWCOMERS = {
  beatriz: {
    place: "Olinda, Brazil",
    timezone: "America/Recife",
    languages: "pt",
    roles: "technical writer",
    challenges: "first-talk",
    topics: "conferences",
    newcomer: "nc-4f1a",
    text: "Me chamaram para falar num encontro em janeiro e eu disse sim sem pensar. Tenho medo de travar no meio de uma frase e esquecer a palavra.",
  },
  grace: {
    place: "Nairobi, Kenya",
    timezone: "Africa/Nairobi",
    languages: "en, sw",
    roles: "technical writer",
    challenges: "only-writer",
    topics: "metrics",
    newcomer: "nc-c03e",
    text: "I am the first writer my company has hired. There are six products, and support asks me the same things every day.",
  },
  karim: {
    place: "Cairo, Egypt",
    timezone: "Africa/Cairo",
    languages: "ar, en",
    roles: "software engineer",
    challenges: "second-language",
    topics: "translation, open source",
    newcomer: "nc-92c7",
    text: "طلبوا مني أن أكتب دليل التثبيت بالإنجليزية، وأنا أبرمج منذ سنوات لكنني أتوقف عند كل جملة.",
  },
};
const wanted = new URLSearchParams(location.search).get("as") ?? "";
const name = Object.hasOwn(NEWCOMERS, wanted) ? wanted : "beatriz";
const profile = NEWCOMERS[name];

/* Before the script of the community runs, so it looks once. */
const moments = document.querySelectorAll("alongside-moment");
const say = (attribute, value) => moments.forEach((moment) => moment.setAttribute(attribute, value));
for (const [attribute, value] of Object.entries(profile)) say(attribute, value);

for (const link of document.querySelectorAll("a[data-as]")) {
  if (link.dataset.as === name) link.setAttribute("aria-current", "true");
}
for (const link of document.querySelectorAll("a[data-keep]")) link.search = `?as=${name}`;

const form = document.querySelector("form");
if (form) {
  const { challenge, text, met } = form.elements;
  challenge.value = profile.challenges;
  text.value = profile.text;
  text.lang = profile.languages.slice(0, 2);
  text.dir = "auto";
  challenge.addEventListener("change", () => say("challenges", challenge.value));
  text.addEventListener("change", () => say("text", text.value));
  addEventListener("alongside-shown", ({ detail }) => {
    met.value = detail.members?.[0] ?? detail.stories?.[0] ?? "";
    document.querySelector("#met").textContent = met.value || "nobody";
  });
}
