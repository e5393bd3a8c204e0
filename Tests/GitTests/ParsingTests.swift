import Model
import TestSupport
import Testing

@testable import Git

@Suite("Small formats are read")
struct ParsingTests {
    @Test("netrc")
    func netrc() {
        let netrc = Netrc(
            """
            # machine commented login no password no
            machine one.example login ada password "a b\\"c"
            machine two.example
              login bob
              account x
              password #hash
            macdef init
            machine three.example login no password no

            machine one.example login eve password second
            default login any password fallback
            """)
        #expect(netrc.login(host: "one.example", user: nil)?.password == "a b\"c")
        #expect(netrc.login(host: "one.example", user: "eve")?.password == "second")
        #expect(netrc.login(host: "two.example", user: nil)?.password == "#hash")
        #expect(netrc.login(host: "three.example", user: nil)?.user == "any")
        #expect(Netrc("machine x login y").login(host: "x", user: nil) == nil)
    }

    @Test("SHA-1, its HMAC and base 64, as their RFCs have them")
    func digests() {
        #expect(sha1Hex(Array("abc".utf8)) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(sha1Hex([]) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(
            sha1Hex(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(
            hmacSHA1(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8)).prefix(4)
                == [0xef, 0xfc, 0xdf, 0x6a])
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            #expect(Base64.encode(Array(plain.utf8)) == coded)
            #expect(Base64.decode(coded) == Array(plain.utf8))
        }
        #expect(Base64.decode("a*b") == nil)
    }

    @Test(".gitmodules")
    func submodules() {
        let file = SubmoduleFile(
            """
            [core]
              path = no
              url = no
            [submodule "a b"]
            \tpath = lib/a ; where
            \turl = "https://host/a#1.git"
            [submodule "none"]
              path = lib/none
            [submodule "c"]
              url=../c.git
              path=c/
              update = !rm -rf /
            """)
        #expect(file.urls == ["lib/a": "https://host/a#1.git", "c": "../c.git"])
    }

    @Test(
        "URLs of submodules, from the URL of the repository",
        arguments: [
            ("https://host/org/r.git", "../c.git", "https://host/org/c.git"),
            ("https://host/org/r.git", "./c.git", "https://host/org/r.git/c.git"),
            ("git@host:org/r.git", "../../c.git", "git@host:c.git"),
            ("https://host/org/r.git", "https://other/c", "https://other/c"),
            ("https://host/org/r.git", "git@other:c", "git@other:c"),
            ("https://host/r.git", "../../evil.example/c.git", nil),
            ("https://host/r.git", "../x/../../../c", nil),
            ("https://host/r.git", "file:///etc", nil),
            ("https://host/r.git", "/etc", nil),
            ("https://host/r.git", "ext::sh -c true", nil),
            ("https://host/r.git", "-u", nil),
            ("https://host/r.git", "http://host/c.git", nil),
            ("https://host/r.git", "git://host/c.git", nil),
            ("https://host/r.git", "ssh://-oX/c.git", nil),
            ("https://host/r.git", "git@host:a'b", nil),
            ("file:///srv/r.git", "../c.git", nil),
        ] as [(String, String, String?)])
    func submoduleURLs(parent: String, url: String, result: String?) throws {
        let remote = try address(parent).remote
        let resolved = Result { try GitRemote(submodule: url, at: "lib", of: remote, allowsLocal: false) }
        #expect((try? resolved.get())?.url == result)
        if case .failure(let error as GitError) = resolved {
            #expect(error.reason == .hostile && error.detail.contains("`lib`"), "\(error)")
        }
    }

    @Test("known_hosts: plain, hashed, with a port, with patterns, revoked, changed")
    func knownHosts() throws {
        func key(_ type: String, _ byte: UInt8) -> [UInt8] {
            [0, 0, 0, UInt8(type.utf8.count)] + Array(type.utf8) + [0, 0, 0, 1, byte]
        }
        func line(_ hosts: String, _ key: [UInt8], _ mark: String = "") -> String {
            "\(mark)\(hosts) \(keyType(key)) \(Base64.encode(key)) a comment\n"
        }
        let (one, two, other) = (key("ssh-ed25519", 1), key("ssh-ed25519", 2), key("ssh-rsa", 3))
        let salt = [UInt8](repeating: 7, count: 20)
        let hash = Base64.encode(hmacSHA1(key: salt, Array("[hashed.example]:2222".utf8)))
        var known = KnownHosts()
        known.add(
            "# a comment\n\n" + line("plain.example,192.0.2.1", one) + line("|1|\(Base64.encode(salt))|\(hash)", one)
                + line("*.wild.example,!bad.wild.example", one) + line("[port.example]:2222", one)
                + line("several.example", one) + line("several.example", two)
                + line("*", other, "@revoked ") + line("ca.example", one, "@cert-authority ") + "broken line\n",
            file: "hosts")
        func verdict(_ host: String, _ key: [UInt8], _ port: Int = 22) -> KnownHosts.Verdict {
            known.verdict(host: host, port: port, key: key)
        }
        #expect(verdict("plain.example", one) == .known)
        #expect(verdict("192.0.2.1", one) == .known)
        #expect(verdict("plain.example", two) == .changed("hosts:3"))
        #expect(verdict("plain.example", key("ecdsa", 1)) == .otherTypes(["ssh-ed25519"]))
        #expect(verdict("plain.example", one, 2222) == .unknown)
        #expect(verdict("hashed.example", one, 2222) == .known)
        #expect(verdict("hashed.example", one) == .unknown)
        #expect(verdict("a.wild.example", one) == .known)
        #expect(verdict("bad.wild.example", one) == .unknown)
        #expect(verdict("port.example", one, 2222) == .known)
        #expect(verdict("several.example", two) == .known)
        #expect(verdict("plain.example", other) == .revoked("hosts:9"))
        #expect(verdict("ca.example", one) == .unknown)
    }
}
