/// The table of the HTML report: only the rows that can be seen are elements, however many there are.
enum HTMLScriptTable {
    static let text = #"""
        const rowHeight = 41;
        const body = $("rows");
        // The rows that are open, in their order, with the height of what they show; measured once it has been seen.
        let open = [];
        const heights = new Map();
        function arrange() {
          open = [];
          if (opened.size) for (const [index, object] of shown.entries()) if (opened.has(object.i))
            open.push([index, heights.get(object.i) || 60 + 30 * (object.f || []).length]);
          $("expand").textContent = open.length ? "Close all" : "Open all";
        }
        function offsetOf(index) {
          let offset = index * rowHeight;
          for (const [row, height] of open) { if (row >= index) break; offset += height; }
          return offset;
        }
        function indexAt(offset) {
          let extra = 0;
          for (const [row, height] of open) {
            if (offset < (row + 1) * rowHeight + extra) break;
            if (offset < (row + 1) * rowHeight + extra + height) return row;
            extra += height;
          }
          return Math.max(0, Math.floor((offset - extra) / rowHeight));
        }

        let range = [-1, -1];
        function draw(isForced) {
          if ($("panel-objects").hidden) return;
          const top = -body.getBoundingClientRect().top;
          const first = Math.max(0, Math.min(indexAt(top) - 12, shown.length));
          const last = Math.min(shown.length, indexAt(top + innerHeight) + 14);
          if (!isForced && first === range[0] && last === range[1]) return;
          fill(first, last);
        }
        function fill(first, last) {
          range = [first, last];
          const focused = document.activeElement && document.activeElement.dataset.row;
          const rows = [pad(offsetOf(first))];
          for (let index = first; index < last; index++) {
            rows.push(row(shown[index], index));
            if (opened.has(shown[index].i)) rows.push(detail(shown[index]));
          }
          rows.push(pad(offsetOf(shown.length) - offsetOf(last)));
          body.replaceChildren(...rows);
          $("table").setAttribute("aria-rowcount", String(shown.length + 1));
          if (focused) {
            const button = body.querySelector(`[data-row="${Number(focused)}"]`);
            if (button) button.focus({preventScroll: true});
          }
          measure();
        }
        function measure() {
          let isChanged = false;
          for (const part of body.querySelectorAll("tr.detail")) {
            const height = part.getBoundingClientRect().height, key = Number(part.dataset.of);
            if (Math.abs((heights.get(key) || 0) - height) > 0.5) { heights.set(key, height); isChanged = true; }
          }
          if (!isChanged) return;
          arrange();
          const pads = body.querySelectorAll("tr.pad > td");
          pads[0].style.height = offsetOf(range[0]) + "px";
          pads[1].style.height = offsetOf(shown.length) - offsetOf(range[1]) + "px";
        }
        function pad(height) {
          const cell = element("td", {colspan: 5});
          cell.style.height = height + "px";
          return element("tr", {class: "pad", "aria-hidden": "true"}, cell);
        }
        function row(object, index) {
          const slash = object.a.indexOf("/");
          const isOpen = opened.has(object.i);
          const button = element("button", {class: "name", type: "button", "aria-expanded": String(isOpen), "data-row": index},
            element("span", {class: "badge", tone: object.c || "unchanged", "aria-hidden": "true"}, object.s || "✓"),
            element("span", {class: "what", title: object.a}, element("bdi", {},
              element("span", {class: "kind"}, object.a.slice(0, slash + 1)), element("b", {}, object.a.slice(slash + 1)))));
          const hard = costs.get(object.d) >= costs.get("replace") && object.d !== "delete";
          return element("tr", {class: isOpen ? "row open" : "row", "aria-rowindex": index + 2},
            element("td", {}, button),
            element("td", {class: "c-action"}, element("span", {class: "chip", tone: object.c || "unchanged"}, object.x || "unchanged")),
            element("td", {class: "c-cost"}, element("span", {class: hard ? "cost hard" : object.d === "restart" ? "cost mid" : "cost"}, object.x ? object.d : "")),
            element("td", {class: "c-host"}, isolated(data.hosts[object.h])),
            element("td", {class: "c-note", title: object.n || ""}, isolated(object.n || "")));
        }

        let users = null;
        function usersOf(object) {
          if (!users) {
            users = new Map();
            for (const other of all) for (const need of other.r || []) {
              if (!users.has(need)) users.set(need, []);
              users.get(need).push(other.i);
            }
          }
          return users.get(object.i) || [];
        }
        function detail(object) {
          const cell = element("td", {colspan: 5});
          const remarks = [object.n, object.o].filter(Boolean).flatMap((text, index) => [index ? " · " : null, isolated(text)]);
          if (remarks.length) cell.append(element("p", {}, ...remarks));
          if (object.e) cell.append(element("p", {class: "bad"}, isolated(object.e)));
          for (const words of object.w || []) cell.append(element("p", {}, isolated(words)));
          if (object.f) cell.append(fields(object.f));
          for (const [title, list] of [["stands on", object.r || []], ["used by", usersOf(object)]]) if (list.length) {
            const links = element("div", {class: "links"}, title);
            for (const index of list.slice(0, 30)) {
              const link = element("button", {type: "button", "data-object": index}, isolated(all[index].a));
              links.append(link);
            }
            if (list.length > 30) links.append(`and ${list.length - 30} more`);
            cell.append(links);
          }
          if (!cell.childNodes.length) cell.append(element("p", {}, "It is as it should be."));
          return element("tr", {class: "detail", "data-of": object.i}, cell);
        }
        function value(text, name) {
          return text === null ? element("span", {class: "nil"}, "none") : element(name, {dir: "auto"}, text);
        }
        function fields(list) {
          const isNew = list.every(field => field[1] === null);
          const titles = isNew ? ["Field", "Value"] : ["Field", "Before", "After", "Disruption", "Cause", "From"];
          const table = element("table", {class: "fields"}, element("thead", {}, element("tr", {},
            ...titles.map(title => element("th", {scope: "col", class: {Value: "value", Before: "wide", After: "wide", From: "from"}[title] || "short"}, title)))));
          const rows = element("tbody");
          for (const [label, before, after, cost, cause, origin] of list) {
            rows.append(element("tr", {}, element("td", {}, isolated(label)),
              ...(isNew ? [element("td", {}, value(after, "ins"))] : [element("td", {}, value(before, "del")), element("td", {}, value(after, "ins")),
                element("td", {}, cost), element("td", {}, cause), element("td", {}, isolated(origin || ""))])));
          }
          table.append(rows);
          return table;
        }

        function toggle(index) {
          const object = shown[index];
          if (!object) return;
          if (!opened.delete(object.i)) opened.add(object.i);
          arrange();
          draw(true);
        }
        function focusRow(index) {
          if (index < 0 || index >= shown.length) return;
          draw(true);
          const top = body.getBoundingClientRect().top + offsetOf(index);
          if (top < 130 || top + rowHeight > innerHeight) scrollBy(0, top - innerHeight / 3);
          draw(true);
          const button = body.querySelector(`[data-row="${index}"]`);
          if (button) button.focus({preventScroll: true});
        }
        body.addEventListener("click", event => {
          const link = event.target.closest("[data-object]");
          if (link) return reveal(all[Number(link.dataset.object)]);
          const button = event.target.closest("[data-row]");
          if (button) return toggle(Number(button.dataset.row));
          const line = event.target.closest("tr.row");
          if (line && !String(getSelection())) toggle(Number(line.querySelector("[data-row]").dataset.row));
        });
        body.addEventListener("keydown", event => {
          const step = {ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10}[event.key];
          const at = event.target.dataset.row;
          if (!step || at === undefined) return;
          event.preventDefault();
          focusRow(Math.max(0, Math.min(shown.length - 1, Number(at) + step)));
        });
        // Browsers say it once a frame already.
        addEventListener("scroll", () => draw(false), {passive: true});
        addEventListener("resize", () => draw(false));
        addEventListener("beforeprint", () => fill(0, Math.min(shown.length, 3000)));
        addEventListener("afterprint", () => draw(true));

        """#
}
