/// The script of the HTML report: plain JavaScript, which sets words from outside as text and never as markup.
enum HTMLScript {
    /// What the page's policy admits: base64 of the SHA-256 of `text`.
    static let digest = "sha256-FvD7S5npyb6rIEtd2vmifmr7f0LFsaD68yyJ7UJw6hM="

    static let text = "\n(() => {\n\"use strict\";\n" + model + HTMLScriptTable.text + controls + "})();\n"

    /// The data, and what is shown of them.
    private static let model = #"""
        const began = performance.now();
        const $ = id => document.getElementById(id);
        const data = JSON.parse($("data").textContent);
        const all = data.objects;
        const words = {create: "to create", update: "to change", replace: "to replace", adopt: "to adopt", delete: "to delete", forget: "to forget",
          drift: "drifted", refused: "refused", pendingRestart: "pending a restart", conflict: "in conflict", unknown: "unknown", failed: "failed", suspended: "suspended"};
        const costs = new Map(data.costs.map((cost, index) => [cost, index]));
        for (const [index, object] of all.entries()) {
          object.i = index;
          let text = object.a + "\n" + object.k + "\n" + data.hosts[object.h];
          if (object.x) {
            text += "\n" + object.x + "\n" + object.d + "\n" + (object.n || "") + "\n" + (object.o || "");
            for (const field of object.f || []) text += "\n" + field.slice(0, 3).join("\n").slice(0, 4000);
          }
          object.text = text.toLowerCase();
        }
        const changes = all.filter(object => object.x);
        const view = {q: "", state: changes.length ? "changes" : "all", cost: "", host: "", sort: "a", descending: false};
        let shown = [];
        const opened = new Set();

        function element(name, properties, ...children) {
          const made = document.createElement(name);
          for (const [key, value] of Object.entries(properties || {})) {
            if (key === "class") made.className = value;
            else if (key === "tone") made.dataset.tone = value;
            else made.setAttribute(key, value);
          }
          for (const child of children) if (child != null) made.append(child);
          return made;
        }
        // What is isolated does not turn the direction of the words around it.
        function isolated(text) { return element("bdi", {}, text); }

        function isShown(object, terms) {
          const state = view.state;
          if (state === "changes") { if (!object.x) return false; }
          else if (state === "unchanged") { if (object.x) return false; }
          else if (state !== "all" && !(object.t && object.t.includes(state))) return false;
          if (view.cost && object.d !== view.cost) return false;
          if (view.host !== "" && object.h !== Number(view.host)) return false;
          for (const term of terms) if (!object.text.includes(term)) return false;
          return true;
        }
        const keys = {
          a: object => object.i, x: object => object.x || "\uffff", d: object => object.x ? costs.get(object.d) : -1,
          h: object => data.hosts[object.h], n: object => object.n || "\uffff",
        };
        function filter() {
          const start = performance.now();
          const terms = view.q.toLowerCase().split(/\s+/).filter(Boolean);
          shown = all.filter(object => isShown(object, terms));
          const key = keys[view.sort], sign = view.descending ? -1 : 1;
          if (view.sort !== "a") {
            shown.sort((one, other) => {
              const left = key(one), right = key(other);
              return left < right ? -sign : left > right ? sign : one.i - other.i;
            });
          } else if (view.descending) shown.reverse();
          arrange();
          draw(true);
          $("shown").textContent = shown.length === all.length ? `${all.length.toLocaleString("en")} objects`
            : `${shown.length.toLocaleString("en")} of ${all.length.toLocaleString("en")} objects`;
          $("none").hidden = shown.length > 0;
          $("table").hidden = shown.length === 0;
          for (const tile of document.querySelectorAll(".tile"))
            tile.setAttribute("aria-pressed", String(tile.dataset.state === view.state));
          document.documentElement.dataset.filterMilliseconds = (performance.now() - start).toFixed(1);
        }

        """#

    /// What people do.
    private static let controls = #"""
        function choices(select, entries, chosen) {
          select.replaceChildren(...entries.map(([value, text]) => element("option", {value}, text)));
          select.value = chosen;
        }
        const states = new Set();
        for (const object of changes) for (const tag of object.t || []) states.add(tag);
        choices($("state"), [["changes", "All that is remarkable"], ["all", "All objects"],
          ...Object.keys(words).filter(name => states.has(name)).map(name => [name, words[name]]), ["unchanged", "unchanged"]], view.state);
        choices($("cost"), [["", "Any disruption"], ...data.costs.filter(cost => changes.some(object => object.d === cost)).map(cost => [cost, cost])], "");
        choices($("host"), [["", "All hosts"], ...data.hosts.map((host, index) => [String(index), host])], "");
        $("host").parentElement.hidden = data.hosts.length < 2;

        function remember() {
          const parts = new URLSearchParams();
          for (const name of ["q", "cost", "host"]) if (view[name] !== "") parts.set(name, view[name]);
          if (view.state !== (changes.length ? "changes" : "all")) parts.set("state", view.state);
          const tab = document.querySelector('[role=tab][aria-selected=true]');
          if (tab && tab.id !== "tab-objects") parts.set("tab", tab.id.slice(4));
          try { history.replaceState(null, "", "#" + parts); } catch { /* Some readers do not allow it for files. */ }
        }
        function change(name, value) {
          view[name] = value;
          if ($(name) && $(name).value !== value) $(name).value = value;
          filter();
          remember();
        }
        $("q").addEventListener("input", event => change("q", event.target.value));
        for (const name of ["state", "cost", "host"]) $(name).addEventListener("change", event => change(name, event.target.value));
        for (const tile of document.querySelectorAll(".tile")) {
          tile.addEventListener("click", () => {
            select("objects");
            change("state", view.state === tile.dataset.state ? (changes.length ? "changes" : "all") : tile.dataset.state);
          });
        }
        for (const button of document.querySelectorAll("[data-sort]")) {
          button.addEventListener("click", () => {
            view.descending = view.sort === button.dataset.sort ? !view.descending : false;
            view.sort = button.dataset.sort;
            for (const other of document.querySelectorAll("[data-sort]")) other.parentElement.removeAttribute("aria-sort");
            button.parentElement.setAttribute("aria-sort", view.descending ? "descending" : "ascending");
            filter();
          });
        }
        $("expand").addEventListener("click", () => {
          const isOpen = shown.some(object => opened.has(object.i));
          if (isOpen) opened.clear(); else for (const object of shown) opened.add(object.i);
          arrange();
          draw(true);
        });
        function reset() {
          for (const name of ["q", "cost", "host"]) { view[name] = ""; $(name).value = ""; }
          change("state", "all");
        }
        $("reset").addEventListener("click", reset);
        function reveal(object) {
          select("objects");
          if (!shown.includes(object)) reset();
          opened.add(object.i);
          arrange();
          focusRow(shown.indexOf(object));
        }

        const tabs = [...document.querySelectorAll("[role=tab]")];
        function select(name) {
          for (const tab of tabs) {
            const isChosen = tab.id === "tab-" + name;
            tab.setAttribute("aria-selected", String(isChosen));
            tab.tabIndex = isChosen ? 0 : -1;
            $(tab.getAttribute("aria-controls")).hidden = !isChosen;
          }
          if (name === "objects") draw(true);
        }
        for (const tab of tabs) {
          tab.addEventListener("click", () => { select(tab.id.slice(4)); remember(); });
          tab.addEventListener("keydown", event => {
            const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
            if (!step) return;
            const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
            select(next.id.slice(4));
            next.focus();
            remember();
          });
        }
        for (const node of document.querySelectorAll(".node")) {
          node.addEventListener("click", () => reveal(all[Number(node.dataset.object)]));
          node.addEventListener("keydown", event => {
            if (event.key === "Enter" || event.key === " ") { event.preventDefault(); reveal(all[Number(node.dataset.object)]); }
          });
        }
        if ($("fit")) $("fit").addEventListener("click", () => {
          const isFit = $("canvas") && $("canvas").classList.toggle("fit");
          $("fit").setAttribute("aria-pressed", String(Boolean(isFit)));
        });
        const root = document.documentElement;
        root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
        $("theme").addEventListener("click", () => { root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; });
        document.addEventListener("keydown", event => {
          const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
          if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) { event.preventDefault(); select("objects"); $("q").focus(); }
          if (event.key === "Escape" && event.target === $("q")) { $("q").value = ""; change("q", ""); }
        });

        const asked = new URLSearchParams(location.hash.slice(1));
        for (const name of ["q", "state", "cost", "host"]) {
          if (asked.has(name)) { view[name] = asked.get(name); $(name).value = view[name]; }
        }
        if (asked.get("theme") === "dark" || asked.get("theme") === "light") root.dataset.theme = asked.get("theme");
        filter();
        if (asked.has("tab") && $("tab-" + asked.get("tab"))) select(asked.get("tab"));
        if (asked.has("open")) { for (const object of shown.slice(0, Number(asked.get("open")))) opened.add(object.i); arrange(); draw(true); }
        root.dataset.readyMilliseconds = (performance.now() - began).toFixed(1);

        """#
}
