// Image blocks. Pictures from other hosts are not loaded: the page talks to the sandbox alone.
import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

/** picture is an image block with its title; where it cannot load, its alternative text. */
export function picture(block, directory) {
  const image = h("img", { class: "b-image", src: block.image_url ?? block.slack_file?.url, alt: block.alt_text });
  image.addEventListener("error", () => image.replaceWith(h("div", { class: "b-image-lost" }, block.alt_text || "image")));
  return h("figure", { class: "b-figure" }, block.title && h("figcaption", {}, textObject(block.title, directory)), image);
}
