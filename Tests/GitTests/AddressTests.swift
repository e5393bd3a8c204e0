import Model
import TestSupport
import Testing

@testable import Git

@Suite("A git address")
struct AddressTests {
    @Test(
        "is taken apart",
        arguments: [
            ("https://host/org/repo.git", "https://host/org/repo.git", "", nil),
            ("https://host/org/repo.git//stacks/prod?ref=v1.4", "https://host/org/repo.git", "stacks/prod", "v1.4"),
            ("https://HOST:8443/r//a/./b/", "https://host:8443/r", "a/b", nil),
            ("https://host/r?ref=feature%2Fx", "https://host/r", "", "feature/x"),
            ("https://host/r?ref=^1.2", "https://host/r", "", "^1.2"),
            ("https://host/r?ref=>=1.2 <2", "https://host/r", "", ">=1.2 <2"),
            ("https://ada:secret@host/r//x", "https://host/r", "x", nil),
            ("https://secret@host/r", "https://host/r", "", nil),
            ("ssh://git@host:2222/org/r.git//s?ref=main", "ssh://git@host:2222/org/r.git", "s", "main"),
            ("git+ssh://host/r", "ssh://host/r", "", nil),
            ("git@host:org/repo.git//stacks/prod?ref=dev", "git@host:org/repo.git", "stacks/prod", "dev"),
            ("host:repo.git//x", "host:repo.git", "x", nil),
            ("ssh://git@[::1]:22/r", "ssh://git@[::1]:22/r", "", nil),
            ("file:///srv/git/r.git//s?ref=refs/heads/x", "file:///srv/git/r.git", "s", "refs/heads/x"),
            ("https://host/r?ref=HEAD", "https://host/r", "", nil),
        ] as [(String, String, String, String?)])
    func parts(text: String, url: String, folder: String, ref: String?) throws {
        let address = try address(text)
        #expect(address.remote.url == url)
        #expect(address.folder == folder)
        #expect(address.ref.text == ref)
        #expect(!"\(address)".contains("secret"))
        var dumped = ""
        dump(address, to: &dumped)
        #expect(!dumped.contains("secret"), "\(dumped)")
    }

    @Test(
        "is not what names a plain file or folder",
        arguments: [
            ".", "stacks/prod", "web.yaml", "/tmp", "/tmp//", "/tmp//x", "-", "C:/x", "notes: old.yaml", "a?b", "",
            "//tmp",
        ])
    func plain(text: String) throws { #expect(try GitAddress(text) == nil) }

    @Test(
        "is refused where it is dangerous or makes no sense",
        arguments: [
            ("https://host/r?ref=--upload-pack=x", "dash"),
            ("https://host/r?ref=a..b", "git-check-ref-format"),
            ("https://host/r?ref=a b c", "range"),
            ("https://host/r?ref=a%0ab", "git-check-ref-format"),
            ("https://host/r?ref=", "git-check-ref-format"),
            ("https://host/r?depth=1", "`ref=` and nothing else"),
            ("https://host/r//a/../b", ".."),
            ("https://host/r//a/%2e%2e/b", ".."),
            ("https://host/r//-x", "dash"),
            ("https://host/r\n//x", "control"),
            ("https://-host/r", "dash"),
            ("https://host/%0a", "control"),
            ("https://host/%zz", "percent"),
            ("https://ho st/r", "name of a host"),
            ("https://ada:sec/secret@host/r", "not a host and a port"),
            ("https://ada:sec?secret@host/r", "nothing else"),
            ("ada:secret@host:r//x", "password"),
            ("https://host", "path"),
            ("ssh://-oProxyCommand=x/r", "dash"),
            ("ssh://git:secret@host/r", "password"),
            ("ssh://git@host/a'b", "quotation"),
            ("ssh://git@host/a%27b", "quotation"),
            ("-oProxyCommand=x@host:repo", "dash"),
            ("git@host:-x", "dash"),
            ("git://host/r", "scheme"),
            ("ext::sh -c true", "remote helper"),
            ("file://host/r", "absolute"),
            ("https://host/r?ref=^", "range"),
            ("/tmp?ref=main", "not a git repository"),
        ])
    func refused(text: String, words: String) throws {
        let error = #expect(throws: GitError.self) { _ = try GitAddress(text) }
        #expect(error?.detail.contains(words) == true, "\(String(describing: error))")
        #expect(error?.detail.contains("secret") == false)
    }

    @Test("is the path of a repository where it says so")
    func local() async throws {
        let repository = try await TestRepository()
        let bare = try await TestRepository("bare.git", in: repository.scratch, bare: true)
        #expect(try GitAddress(repository.path) == nil)
        #expect(try GitAddress("\(repository.path)/stacks") == nil)
        #expect(try GitAddress("\(repository.path)//stacks")?.folder == "stacks")
        #expect(try GitAddress("\(repository.path)?ref=dev")?.ref == .named("dev"))
        #expect(try GitAddress("\(bare.path)//a?ref=dev")?.remote.isLocal == true)
    }

    @Test(
        "knows what kind of ref is meant",
        arguments: [
            ("main", GitRef.named("main")), ("1.2.3", .named("1.2.3")), ("v1.2", .named("v1.2")),
            ("abcdef1", .commit("abcdef1")), ("ABCDEF12", .commit("ABCDEF12")), ("abcdef", .named("abcdef")),
            ("~1.4", .versions("~1.4")), ("1.x", .versions("1.x")), ("v2.*", .versions("v2.*")),
            ("*", .versions("*")), ("x", .named("x")), ("HEAD", .head), ("release/1.x", .named("release/1.x")),
        ])
    func refs(text: String, ref: GitRef) throws { #expect(try GitRef(text) == ref) }
}

@Suite("Versions")
struct VersionTests {
    @Test("are in the order of semver.org")
    func order() {
        let texts = [
            "v0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "v1.0.0-rc.1",
            "1.0.0", "1.2.0", "1.10.0", "2.0.0",
        ]
        let versions = texts.compactMap { SemanticVersion(tag: $0) }
        #expect(versions.count == texts.count)
        for (index, version) in versions.enumerated() {
            for other in versions[(index + 1)...] { #expect(version < other && !(other < version)) }
        }
        for text in ["1.2", "v", "1.2.3.4", "release-1.2.3", "1.2.x", "1.2.3-", "1.2.-3", "9999999999.0.0"] {
            #expect(SemanticVersion(tag: text) == nil)
        }
    }

    @Test(
        "are in a range or not",
        arguments: [
            ("^1.2", "1.2.0 1.9.9", "1.1.9 2.0.0 1.3.0-rc.1"), ("^0.2", "0.2.0 0.2.9", "0.3.0 0.1.0"),
            ("^0.0.3", "0.0.3", "0.0.4"), ("^1", "1.0.0 1.9.0", "2.0.0"), ("~1.4", "1.4.0 1.4.7", "1.5.0"),
            ("~1", "1.9.0", "2.0.0"), ("~1.4.2", "1.4.2 1.4.9", "1.4.1 1.5.0"),
            (">=1.2 <2", "1.2.0 1.99.0", "2.0.0 1.1.0 2.0.0-rc.1"), (">= 1.2 < 2", "1.2.0", "2.0.0"),
            ("1.x", "1.0.0 1.5.0", "2.0.0 0.9.0"), ("v1.2.x", "1.2.5", "1.3.0"), ("*", "0.0.1 9.9.9", "1.0.0-a"),
            (">1.2", "1.3.0", "1.2.0 1.2.9"), ("<=1.2", "1.2.9 0.1.0", "1.3.0"), ("=1.2.3", "1.2.3", "1.2.4"),
            ("^1.2.0-rc.1", "1.2.0-rc.1 1.2.0-rc.2 1.2.0", "1.3.0-rc.1 1.2.0-beta"),
            ("^1.2 || ^3", "1.2.0 3.1.0", "2.0.0"),
        ])
    func ranges(text: String, inside: String, outside: String) throws {
        let range = try #require(VersionRange(text))
        for word in inside.split(separator: " ") {
            #expect(range.contains(try #require(SemanticVersion(tag: word))), "\(word)")
        }
        for word in outside.split(separator: " ") {
            #expect(!range.contains(try #require(SemanticVersion(tag: word))), "\(word)")
        }
    }

    @Test("in what is no range", arguments: ["^", "^a", ">=", "1.x.2", "> = 1", "^1 ||", "<*"])
    func wrong(text: String) { #expect(VersionRange(text) == nil) }
}
