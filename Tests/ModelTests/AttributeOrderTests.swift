import Model
import Testing

@Suite struct AttributeOrderTests {
    @Test func anAttributesOrdinalIsTheNumberOfItsCase() {
        #expect(Attribute.allCases.map(\.ordinal) == Attribute.allCases.indices.map { UInt8($0) })
        #expect(MemoryLayout<Attribute>.size == 1)
    }

    @Test func everyAttributeHasItsOwnRow() {
        #expect(Attribute.allCases.allSatisfy { $0.row.attribute == $0 })
    }
}
