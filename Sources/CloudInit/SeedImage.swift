package import Model

package struct SeedError: Error { package let summary: String; package let detail: String }
package func seedImage(of seed: Seed) throws(SeedError) -> [UInt8] { [] }
