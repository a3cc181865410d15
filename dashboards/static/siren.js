// The siren: two tones while a critical alarm is unseen. Browsers stay silent until a person touched the page.
import { $, boot, t } from "./boot.js";
import { attempt, patch } from "./api.js";

const HIGH_HZ = 960;
const LOW_HZ = 720;
const TONE_MS = 450;
const VOLUME = 0.18;

let context = null;
let wanted = boot.siren; // the switch, kept by the server so that it survives a reload
let needed = false;
let timer = 0;

const button = $("#siren");
const arm = $("#arm");

function show() {
  button.setAttribute("aria-pressed", String(wanted));
  button.textContent = wanted ? t("siren.on") : t("siren.off");
  arm.hidden = !wanted || context?.state === "running";
}

/** Begin to make sound; refused by the browser (state "suspended") until somebody touched the page. */
async function wake() {
  try {
    context ??= new AudioContext();
    // resume() stays pending without a touch, so it is not waited for alone.
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 300))]);
  } catch (error) {
    if (error.name !== "NotAllowedError") throw error;
  }
  show();
  sound();
}

function tone(hertz, seconds) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.value = VOLUME;
  oscillator.connect(gain).connect(context.destination);
  oscillator.start();
  oscillator.stop(context.currentTime + seconds);
}

function sound() {
  const on = wanted && needed && context?.state === "running";
  if (!on) { clearInterval(timer); timer = 0; return; }
  if (timer) return;
  let high = false;
  timer = setInterval(() => { high = !high; tone(high ? HIGH_HZ : LOW_HZ, TONE_MS / 1000); }, TONE_MS);
}

/** Say whether an unseen critical alarm is open. */
export function need(now) {
  needed = now;
  sound();
}

button.addEventListener("click", async () => {
  wanted = !wanted;
  show();
  if (wanted) wake();
  sound();
  await attempt(() => patch("/me", { siren: wanted }));
});
arm.addEventListener("click", wake);
show();
if (wanted && navigator.userActivation?.hasBeenActive) wake();
