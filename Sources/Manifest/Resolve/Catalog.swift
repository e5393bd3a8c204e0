import Model

/// All documents by their addresses, each once.
struct Catalog {
    private(set) var documents: [Document] = []
    private var indices: [Address: Int] = [:]

    init(_ documents: [Document], _ problems: inout Problems) {
        indices.reserveCapacity(documents.count)
        self.documents.reserveCapacity(documents.count)
        for document in documents {
            if let other = self[document.address] {
                problems.add(
                    .duplicateDocument, at: document.location, address: document.address,
                    "\(document.address) is at \(other.location) already. Rename one of them, or put it into a namespace of its own."
                )
                continue
            }
            indices[document.address] = self.documents.count
            self.documents.append(document)
        }
    }

    subscript(address: Address) -> Document? { indices[address].map { documents[$0] } }

    func documents(of kind: Kind) -> [Document] { documents.filter { $0.kind === kind } }
}
