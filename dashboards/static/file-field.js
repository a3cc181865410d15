// Beside each field for a file: the name of the file that was chosen.
import { $, $$ } from "./boot.js";

function show(field) {
  const name = $(".file-name", field);
  name.textContent = $("input", field).files[0]?.name ?? name.dataset.none;
}

document.addEventListener("change", (event) => { const field = event.target.closest(".file-field"); if (field) show(field); });
document.addEventListener("reset", (event) => setTimeout(() => $$(".file-field", event.target).forEach(show)));
