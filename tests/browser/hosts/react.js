// A product with two screens and a side bar; the tests change its state by `product.go({...})`.
"use strict";

const product = {};
{
  const { createElement: e, useState, StrictMode } = React;
  const given = document.getElementById("moment").content.firstElementChild;
  const attributes = Object.fromEntries([...given.attributes].map(({ name, value }) => [name, value]));
  const fallback = given.textContent;

  const Moment = (changes) => e("alongside-moment", { ...attributes, ...changes }, e("p", null, fallback));
  const After = () => e("p", { id: "after" }, "What follows the embed stays where it is.");

  // `screen`: sign-up, settings (without the embed) or dashboard; `side`: the embed stands in the side bar.
  function App() {
    const [state, setState] = useState({ screen: "sign-up", side: false, changes: {} });
    product.go = (changed) => setState((before) => ({ ...before, ...changed }));
    const moment = e(Moment, state.changes);
    return e(
      "main",
      null,
      e("h1", null, "Screen " + state.screen),
      state.screen === "settings" ? e("p", null, "No community here.") : state.side ? e("aside", null, moment) : moment,
      e(After),
    );
  }
  ReactDOMClient.createRoot(document.getElementById("root")).render(e(StrictMode, null, e(App)));
}
