/// How patient a store is, and how much it takes. The defaults are for people; tests have less time.
package struct FetchSettings: Sendable {
    /// Seconds until a connection has to be there.
    package var connecting = 30
    /// Seconds in which next to nothing may come, before a connection counts as broken.
    package var stall = 60
    /// Before the first repetition. It doubles with each, up to `longestPause`.
    package var pause = Duration.seconds(1)
    package var longestPause = Duration.seconds(30)
    /// Bytes of a file, packed or not, holes included: as many as ext4 lets a file have.
    package var largest: Int64 = 16 << 40
    /// Of what is unpacked, bytes other than zero may be so many times the packed file's, or `smallestBomb`, if that
    /// is more. Zeros cost nothing, since holes stand for them.
    package var ratio: Int64 = 100
    package var smallestBomb: Int64 = 1 << 30
    /// Of a file of checksums. Bytes.
    package var largestList = 1 << 20
    /// Redirections of one request.
    package var redirections = 10
    /// Seconds for which a half that nobody asked for again is kept.
    package var leftoverAge: Int64 = 7 * 86_400
    /// PEM of the authorities that servers are believed by; nil for those of the system.
    package var authorities: [UInt8]?

    package init() {}
}
