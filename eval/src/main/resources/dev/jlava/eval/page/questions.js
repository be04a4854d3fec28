
function browse(data, pictures) {
  const byId = (id) => document.getElementById(id);
  const marks = { right: "✓", partly: "◐", wrong: "✗", failed: "!", open: "–" };
  const step = 24;
  let limit = step;

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }

  function fill(select, options, chosen) {
    for (const [value, text] of options) select.append(new Option(text, value, false, value === chosen));
    select.parentElement.hidden = options.length < 3 && select.id !== "order";
    select.addEventListener("change", () => show(true));
  }

  const unique = (values) => [...new Set(values)];
  const all = [["", "all"]];
  fill(byId("task"), all.concat(unique(data.items.map((item) => item.task)).map((task) => [task, task])), "");
  fill(byId("category"), all.concat(unique(data.items.map((item) => item.category)).filter(Boolean).map((one) => [one, one])), "");
  fill(byId("column"), [["", "any"]].concat(data.columns.map((column, i) => [String(i), column.label])), data.focus < 0 ? "" : String(data.focus));
  fill(byId("state"), all.concat([["wrong", "wrong"], ["partly", "partly right"], ["right", "right"], ["failed", "failed"], ["open", "without a value"], ["disagree", "models disagree"], ["judged", "judged"]]), "");
  fill(byId("order"), [["worst", "failures first"], ["asked", "as asked"], ["apart", "largest disagreement first"]], "worst");

  const spread = (item) => {
    const values = item.answers.filter((answer) => answer && answer.value !== null).map((answer) => answer.value);
    return values.length < 2 ? 0 : Math.max(...values) - Math.min(...values);
  };
  for (const item of data.items) {
    item.apart = spread(item);
    const said = item.answers.flatMap((answer) => (answer ? [answer.text, ...answer.verdicts.map((verdict) => verdict.text)] : []));
    item.words = [item.task, item.id, item.category, item.question, item.prompt, item.reference, ...said].join("\n").toLowerCase();
  }

  function wanted(item) {
    const task = byId("task").value;
    const category = byId("category").value;
    const column = byId("column").value;
    const state = byId("state").value;
    if ((task && item.task !== task) || (category && item.category !== category)) return false;
    const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.every((word) => item.words.includes(word))) return false;
    if (state === "disagree") return item.apart > 0;
    const answers = (column === "" ? item.answers : [item.answers[Number(column)]]).filter(Boolean);
    if (answers.length === 0) return false;
    if (state === "judged") return answers.some((answer) => answer.verdicts.length > 0);
    return state === "" || answers.some((answer) => answer.state === state);
  }

  function verdicts(list) {
    const details = element("details", "verdicts", element("summary", "", `judge: ${list.length} verdict${list.length === 1 ? "" : "s"}`));
    for (const verdict of list) details.append(element("p", "label", verdict.title), element("pre", "", verdict.text));
    return details;
  }

  function answer(column, given) {
    if (!given) return element("div", "answer missing", element("p", "label", column.label), element("p", "", "not asked"));
    const mark = element("span", "mark", marks[given.state]);
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", given.state);
    const made = element("div", `answer ${given.state}${column.control ? " control" : ""}`, element("p", "label", column.label), element("p", "text", mark, " ", given.text.trim() === "" ? "(nothing)" : given.text));
    if (given.note) made.append(element("p", "label", given.note));
    if (given.verdicts.length > 0) made.append(verdicts(given.verdicts));
    return made;
  }

  function images(item) {
    const made = element("div", "pictures");
    for (const place of item.pictures) {
      if (place < 0) {
        made.append(element("p", "label", "picture left out"));
        continue;
      }
      const image = element("img");
      image.loading = "lazy";
      image.alt = "the picture of the question";
      image.src = pictures[place];
      made.append(image);
    }
    return made;
  }

  function card(item) {
    const several = byId("task").options.length > 2;
    const kind = [several ? item.task : "", item.category, `question ${item.id}`].filter(Boolean).join(" · ");
    const text = element("div", "asked", element("p", "kind", kind), element("p", "question", item.question));
    if (item.reference) text.append(element("p", "reference", item.reference));
    if (item.prompt) text.append(element("details", "", element("summary", "", "prompt"), element("pre", "", item.prompt)));
    const answers = element("div", "given", ...item.answers.map((given, i) => answer(data.columns[i], given)));
    const made = element("article", item.pictures.length > 0 ? "card" : "card bare", element("div", "", text, answers));
    if (item.pictures.length > 0) made.prepend(images(item));
    return made;
  }

  const orders = {
    worst: () => 0,
    asked: (a, b) => (a.task === b.task ? a.place - b.place : 0),
    apart: (a, b) => b.apart - a.apart,
  };

  function show(fresh) {
    if (fresh) limit = step;
    const found = data.items.filter(wanted).sort(orders[byId("order").value]);
    byId("cards").replaceChildren(...found.slice(0, limit).map(card));
    byId("shown").textContent = `${found.length.toLocaleString("en")} of ${data.items.length.toLocaleString("en")} questions`;
    byId("more").hidden = found.length <= limit;
  }

  const lengths = data.items.flatMap((item) => item.answers.map((given) => (given ? given.text.length : 0)));
  if (lengths.reduce((a, b) => a + b, 0) > 60 * lengths.length) byId("cards").classList.add("long");
  byId("find").addEventListener("input", () => show(true));
  byId("more").addEventListener("click", () => {
    limit += step;
    show(false);
  });
  document.querySelector("#answers .filters").hidden = false;
  show(true);
}

if (document.getElementById("questions")) {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  browse(read("questions"), read("pictures"));
}
