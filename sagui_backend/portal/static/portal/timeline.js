// The day slider and its play button.

import { dayText, text } from "./texts.js";

const FRAME_MS = 700;

export class Timeline {
  #days = []; // oldest first
  #observed = ""; // newest observed day; later ones are forecast
  #timer = 0;
  #onDay;
  #slider = document.getElementById("slider");
  #output = document.getElementById("day");
  #button = document.getElementById("play");

  constructor(onDay) {
    this.#onDay = onDay;
    this.#slider.addEventListener("input", () => this.#moved());
    this.#button.addEventListener("click", () => (this.#timer ? this.pause() : this.#play()));
  }

  get day() {
    return this.#days[Number(this.#slider.value)];
  }

  // Days to choose from; the day shown stays where it can, else the opening day is shown.
  offer(days, observed, wanted) {
    this.#days = days;
    this.#observed = observed;
    this.#slider.max = Math.max(days.length - 1, 0);
    this.#slider.disabled = this.#button.disabled = days.length < 2;
    const place = days.indexOf(wanted);
    this.#slider.value = place < 0 ? Math.max(days.indexOf(observed), 0) : place;
    const share = days.length > 1 ? days.indexOf(observed) / (days.length - 1) : 1;
    this.#slider.style.setProperty("--observed", `${Math.max(share, 0) * 100}%`);
    this.#tell();
  }

  speak() {
    this.#button.setAttribute("aria-label", text(this.#timer ? "pause" : "play"));
    this.#tell();
  }

  pause() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#button.setAttribute("aria-pressed", "false");
    this.speak();
  }

  #play() {
    if (Number(this.#slider.value) >= this.#days.length - 1) this.#slider.value = 0;
    this.#button.setAttribute("aria-pressed", "true");
    this.#timer = setInterval(() => {
      if (Number(this.#slider.value) >= this.#days.length - 1) return this.pause();
      this.#slider.value = Number(this.#slider.value) + 1;
      this.#moved();
    }, FRAME_MS);
    this.speak();
  }

  #moved() {
    this.#tell();
    this.#onDay(this.day);
  }

  #tell() {
    const day = this.day;
    const words = day ? dayText(day) + (this.#observed && day > this.#observed ? ` · ${text("is_forecast")}` : "") : "–";
    this.#output.textContent = words;
    this.#slider.setAttribute("aria-valuetext", words);
  }
}
