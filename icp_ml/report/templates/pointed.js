(function () {
  "use strict";
  // What a mark stands for is its title, which only a mouse shows: here it is read by touch and by keyboard too.
  const HINT = "Point at a mark to read it, or go from mark to mark with the left and right arrow keys.";
  const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

  function middle(mark) {
    const box = mark.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  }

  function nearest(marks, event) {
    const far = marks.map((mark) => {
      const [x, y] = middle(mark);
      return Math.hypot(x - event.clientX, y - event.clientY);
    });
    return far.indexOf(Math.min(...far));
  }

  function readable(svg, marks) {
    const caption = document.createElement("p");
    let at = null;
    caption.className = "pointed soft";
    caption.setAttribute("aria-live", "polite");
    caption.textContent = HINT;
    svg.after(caption);
    svg.tabIndex = 0;

    function tell(next) {
      if (next === at) return;
      if (at !== null) marks[at].classList.remove("pointed-at");
      at = next;
      marks[at].classList.add("pointed-at");
      caption.textContent = marks[at].querySelector("title").textContent;
    }

    ["pointerdown", "pointermove"].forEach((kind) => svg.addEventListener(kind, (event) => tell(nearest(marks, event))));
    svg.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      const from = at === null ? (step > 0 ? -1 : marks.length) : at;
      tell((from + step + marks.length) % marks.length);
    });
  }

  document.querySelectorAll('svg[role="img"]').forEach((svg) => {
    const marks = [...svg.querySelectorAll("title")].map((title) => title.parentNode);
    if (marks.length) readable(svg, marks);
  });
})();
