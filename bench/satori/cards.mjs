// The peer of `alongside images`: the same cards by satori (layout to SVG) and resvg (SVG to PNG).
// node cards.mjs CARDS.json OUT: draws one picture for each {title, above, name, place, site}, on one core.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import satori from "satori";

const require = createRequire(import.meta.url);
const font = (family, weight) => ({
  name: family, weight, style: "normal",
  data: readFileSync(require.resolve(`@fontsource/${family}/files/${family}-latin-${weight}-normal.woff`)),
});
const fonts = [font("noto-serif", 600), font("noto-sans", 400), font("noto-sans", 600)];
const box = (style, children) => ({ type: "div", props: { style: { display: "flex", ...style }, children } });
const card = ({ title, above, name, place, site, initials, hue }) =>
  box({ width: 1200, height: 630, background: "#fbf7ef", color: "#29231c", padding: "72px 72px 72px 112px", fontFamily: "noto-sans" }, [
    box({ position: "absolute", left: 28, top: 0, width: 10, height: 630, background: "#9c3a1c" }, ""),
    box({ flexDirection: "column", width: 684 }, [
      box({ fontSize: 32, fontWeight: 600, color: "#9c3a1c" }, above),
      box({ fontSize: 72, fontWeight: 600, fontFamily: "noto-serif", lineHeight: 1.24, flexGrow: 1 }, title),
      box({ fontSize: 42, fontWeight: 600 }, name),
      box({ fontSize: 32 }, place),
      box({ fontSize: 30, fontWeight: 600, marginTop: 30 }, site),
    ]),
    box({ position: "absolute", right: 72, top: 120, width: 276, height: 330, background: hue, borderRadius: "138px 138px 12px 12px", color: "#fff9ef", fontSize: 128, fontFamily: "noto-serif", alignItems: "center", justifyContent: "center" }, initials),
  ]);

const [cards, out] = [JSON.parse(readFileSync(process.argv[2], "utf8")), process.argv[3]];
mkdirSync(out, { recursive: true });
for (const [number, one] of cards.entries()) {
  const svg = await satori(card(one), { width: 1200, height: 630, fonts });
  writeFileSync(join(out, `${number}.png`), new Resvg(svg).render().asPng());
}
