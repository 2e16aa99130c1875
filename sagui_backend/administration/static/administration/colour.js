// Keeps the text #RRGGBBAA, the colour input and the opacity slider the same.
(() => {
  "use strict";

  const COLOUR = /^#[0-9a-f]{8}$/i;

  function start(box) {
    const text = box.querySelector("input[type=text]");
    const base = box.querySelector(".sagui-colour-base");
    const opacity = box.querySelector(".sagui-colour-opacity");
    const shown = box.querySelector(".sagui-colour-shown > span");

    const read = () => {
      const value = text.value.trim();
      if (COLOUR.test(value)) {
        base.value = value.slice(0, 7).toLowerCase();
        opacity.value = parseInt(value.slice(7), 16);
      }
      shown.style.backgroundColor = COLOUR.test(value) ? value : "transparent";
    };
    const write = () => {
      const alpha = Number(opacity.value).toString(16).padStart(2, "0");
      text.value = (base.value + alpha).toUpperCase();
      read();
    };

    opacity.value = 255;
    base.hidden = opacity.hidden = false;
    base.addEventListener("input", write);
    opacity.addEventListener("input", write);
    text.addEventListener("input", read);
    read();
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".sagui-colour").forEach(start));
})();
