// One click copies the text, says so, and shows what was copied; a second click hides it.

function copyByHand(text) {
  // Pages without https have no clipboard of their own: the browser then copies what is selected.
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;opacity:0";
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  return isDone;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text);
  }
}

export default function ({ data, parentElement }) {
  const part = (name) => parentElement.querySelector(`[data-part="${name}"]`);
  const button = part("copy");
  button.textContent = data.button;
  part("text").textContent = data.text;
  part("close").textContent = data.close;
  const show = (isOpen) => {
    part("panel").hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.onclick = async () => {
    const isDone = await copied(data.text);
    part("said").textContent = isDone ? data.done : data.failed;
    show(true);
  };
  part("close").onclick = () => {
    show(false);
    button.focus();
  };
  part("panel").onkeydown = (event) => {
    if (event.key === "Escape") part("close").onclick();
  };
  return () => show(false);
}
