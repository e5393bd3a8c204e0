import Glibc
import Model
import TestSupport
import Testing

@testable import Reports

/// The page, opened in Chromium from a file.
@Suite(.serialized) struct HTMLTests {
    static let isThere = Tools.isThere(Tools.chromium)

    /// The page with a script of the test's own, which the policy would not let run.
    static func driven(_ report: RunReport, _ script: String) -> [UInt8] {
        let page = String(html(report))
            .replacing("<meta http-equiv=\"Content-Security-Policy\" content=\"\(HTMLReport.policy)\">", with: "")
        return Array(page.replacing("</body>", with: "<script>\(script)</script></body>").utf8)
    }

    /// The value of an attribute of the `html` element.
    static func attribute(_ name: String, of page: String) -> String? {
        guard let start = page.firstRange(of: "\(name)=\"")?.upperBound else { return nil }
        return String(page[start...].prefix { $0 != "\"" })
    }

    @Test func thePolicyAdmitsTheStyleAndTheScript() async throws {
        for (digest, text) in [(HTMLStyle.digest, HTMLStyle.text), (HTMLScript.digest, HTMLScript.text)] {
            let script =
                "import base64, hashlib, sys; print('sha256-' + base64.b64encode(hashlib.sha256(sys.stdin.buffer.read()).digest()).decode())"
            let actual = try await Tools.run(Tools.python, "-c", script, input: Array(text.utf8))
            #expect(digest + "\n" == actual)
        }
    }

    @Test func nothingIsLoaded() {
        let page = String(html(Samples.drift))
        for reference in [
            "src=", "href=\"http", "href=\"//", "@import", "url(http", "fetch(", "XMLHttpRequest", "innerHTML", "eval(",
        ] {
            #expect(!page.contains(reference), "\(reference)")
        }
        #expect(page.contains("default-src 'none'"))
    }

    @Test(.enabled(if: isThere, "chromium is not installed"))
    func showsWhatChanges() async throws {
        let page = try await Tools.dump(html(Samples.drift), hash: "#open=20")
        #expect(Self.attribute("data-ready-milliseconds", of: page) != nil, "the script has run under the policy")
        #expect(page.occurrences(of: "<tr class=\"row") == 9)
        #expect(page.contains("9 of 12 objects"))
        #expect(page.contains(">4 GiB</del>") && page.contains(">8 GiB</ins>"))
        #expect(page.contains("power: still, first seen 2026-11-18T11:06:40Z, in 4 runs"))
        let found = try await Tools.dump(html(Samples.drift), hash: "#q=cache&state=all")
        #expect(found.contains("2 of 12 objects"))
    }

    @Test(.enabled(if: isThere, "chromium is not installed"))
    func runsWithoutPlanAndWithSteps() async throws {
        let invalid = try await Tools.dump(html(Samples.invalid))
        #expect(invalid.contains("There is no plan: 1 error.") && invalid.contains("spec.memroy is not a field"))
        #expect(Self.attribute("data-ready-milliseconds", of: invalid) != nil)
        let applied = try await Tools.dump(html(Samples.applied), hash: "#tab=steps")
        #expect(applied.contains("failed: There is no room on the host"))
        let inSync = try await Tools.dump(html(Samples.inSync))
        #expect(inSync.contains("2 objects") && inSync.contains("No changes; 2 unchanged."))
    }

    @Test(.enabled(if: isThere, "chromium is not installed"))
    func hostileNamesAreText() async throws {
        let page = try await Tools.dump(html(Samples.hostile), hash: "#open=20")
        #expect(Self.attribute("data-ready-milliseconds", of: page) != nil)
        #expect(page.contains("<title>rigaud plan · &lt;/script&gt;"))
        #expect(!page.contains("<img") && !page.contains("onerror=alert(1)>"))
        #expect(page.occurrences(of: "<script") == 2, "the data and the script")
        #expect(page.occurrences(of: "<tr class=\"row") == Samples.hostileTexts.count)
        #expect(page.contains("👩‍👩‍👧 emoji") && page.contains("שלום عالم"))
        #expect(!page.contains("\u{202E}") && page.contains("\\u{202e}evil"))
    }

    /// How long each takes is measured by `Benchmarks/sources`; here is what makes it short.
    @Test(.enabled(if: isThere, "chromium is not installed"))
    func ofTenThousandObjectsOnlyThoseInSightAreRows() async throws {
        let script = """
            const root = document.documentElement;
            const q = document.getElementById("q"), state = document.getElementById("state");
            function type(text) { q.value = text; q.dispatchEvent(new Event("input")); }
            function note(name, value) { root.dataset[name] = value; }
            function rows() { return document.querySelectorAll("tr.row").length; }
            state.value = "all";
            state.dispatchEvent(new Event("change"));
            note("all", document.getElementById("shown").textContent);
            type("vm-0042");
            note("found", document.getElementById("shown").textContent);
            type("nothing like it");
            note("none", !document.getElementById("none").hidden);
            note("noRows", rows());
            type("");
            document.querySelector("[data-sort=h]").click();
            note("sorted", rows());
            document.getElementById("expand").click();
            note("expanded", rows());
            """
        let page = try await Tools.dump(Self.driven(Samples.large(10_000), script), isPatient: false)
        #expect(Self.attribute("data-all", of: page) == "10,004 objects")
        #expect(Self.attribute("data-found", of: page) == "10 of 10,004 objects")
        #expect(Self.attribute("data-none", of: page) == "true")
        #expect(Self.attribute("data-no-rows", of: page) == "0")
        for name in ["data-sorted", "data-expanded"] {
            let rows = try #require(Int(Self.attribute(name, of: page) ?? ""))
            #expect((8..<100).contains(rows), "\(name): what cannot be seen is not there")
        }
    }

    @Test(.enabled(if: isThere, "chromium is not installed"))
    func scrollingShowsOtherRows() async throws {
        let script = """
            document.querySelector(".tile[data-state=update]").click();
            scrollTo(0, 20000);
            dispatchEvent(new Event("scroll"));
            const seen = [...document.querySelectorAll("tr.row")].filter(row => {
              const box = row.getBoundingClientRect();
              return box.top > 150 && box.bottom < innerHeight;
            });
            const root = document.documentElement;
            root.dataset.seen = seen.length;
            root.dataset.first = seen[0].getAttribute("aria-rowindex");
            root.dataset.pressed = document.querySelector(".tile[data-state=update]").getAttribute("aria-pressed");
            """
        let page = try await Tools.dump(Self.driven(Samples.large(10_000), script), isPatient: false)
        #expect(Int(Self.attribute("data-seen", of: page) ?? "") ?? 0 > 8, "the window is full of rows")
        #expect((450...500).contains(Int(Self.attribute("data-first", of: page) ?? "") ?? 0))
        #expect(Self.attribute("data-pressed", of: page) == "true")
    }

    @Test(.enabled(if: isThere, "chromium is not installed"))
    func theKeyboardDoesIt() async throws {
        let script = """
            addEventListener("load", () => {
              const root = document.documentElement;
              const press = (key, target) => target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
              press("/", document.body);
              root.dataset.search = document.activeElement.id;
              document.querySelector("[data-row='0']").focus();
              press("ArrowDown", document.activeElement);
              root.dataset.row = document.activeElement.dataset.row;
              document.activeElement.click();
              root.dataset.expanded = document.activeElement.getAttribute("aria-expanded");
              document.getElementById("tab-objects").focus();
              press("ArrowRight", document.activeElement);
              root.dataset.tab = document.activeElement.id;
              press("Enter", document.querySelector(".node"));
              root.dataset.revealed = document.activeElement.dataset.row;
            });
            """
        let page = try await Tools.dump(Self.driven(Samples.drift, script))
        #expect(Self.attribute("data-search", of: page) == "q")
        #expect(Self.attribute("data-expanded", of: page) == "true")
        #expect(Self.attribute("data-tab", of: page) == "tab-graph")
        #expect(page.contains("data-row=\"1\"") && Self.attribute("data-revealed", of: page) != nil)
    }
}
