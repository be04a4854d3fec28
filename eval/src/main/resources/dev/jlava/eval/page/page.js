for (const figure of document.querySelectorAll("figure.chart")) {
  const svg = figure.querySelector("svg");
  const cursor = figure.querySelector(".cursor");
  const reading = figure.querySelector(".reading");
  const series = [...figure.querySelectorAll("polyline")].map((line) => ({
    name: line.dataset.name,
    places: (line.getAttribute("points") || "").split(" ").map((point) => parseFloat(point)),
    values: (line.dataset.values || "").split(" ").map((value) => value.split(":")),
  }));
  svg.addEventListener("pointermove", (event) => {
    const x = ((event.clientX - svg.getBoundingClientRect().left) / svg.clientWidth) * 640;
    const texts = series.filter((one) => one.places.length > 0 && one.values[0].length === 2).map((one) => {
      let near = 0;
      one.places.forEach((place, i) => {
        if (Math.abs(place - x) < Math.abs(one.places[near] - x)) near = i;
      });
      cursor.setAttribute("x1", one.places[near]);
      cursor.setAttribute("x2", one.places[near]);
      return `${one.name} ${one.values[near][1]} (step ${one.values[near][0]})`;
    });
    cursor.setAttribute("visibility", "visible");
    reading.textContent = texts.join(" · ");
  });
  svg.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    reading.textContent = "\u00a0";
  });
}
