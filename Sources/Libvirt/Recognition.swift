import Model

/// How a list's item is known that carries no name of ours: a device that somebody put there, or put back, by hand.
struct Recognition: Sendable {
    /// What no two items of a list have the same of.
    let attribute: Attribute
    let isNamed: @Sendable (Element) -> Bool
    /// Has an item carry a name.
    let name: @Sendable (Element, String) -> Void
}

extension ListLens {
    /// Has items that carry no name carry that under which they are wanted: what is there already is not added once more.
    func recognise(_ set: Attributes, in root: Element, _ surroundings: borrowing Surroundings) throws(HostError) {
        guard let (recognition, lens, strangers) = strangers(in: root) else { return }
        for (path, value) in set where path.attribute == lens.attribute && !value.isNull {
            guard element(named: path.item, in: root) == nil else { continue }
            // Written and read, it is as the XML has it.
            let sample = make(root, path.item)
            defer { sample.remove() }
            try lens.write(sample, value, surroundings)
            let wanted = lens.read(sample)
            let found = strangers.first { !recognition.isNamed($0) && lens.read($0) == wanted }
            if let found { recognition.name(found, path.item) }
        }
    }

    /// Has what runs carry the names of the definition's items. Libvirt gives a device of a running guest no other alias, so this
    /// is for reading alone.
    func recognise(_ defined: Element, in running: Element) {
        guard let (recognition, lens, strangers) = strangers(in: running) else { return }
        let named = elements(defined).filter(recognition.isNamed)
        for stranger in strangers {
            guard let value = lens.read(stranger), let twin = named.first(where: { lens.read($0) == value }),
                let name = name(twin), element(named: name, in: running) == nil
            else { continue }
            recognition.name(stranger, name)
        }
    }

    /// The items that carry no name; nil where there are none.
    private func strangers(in root: Element) -> (Recognition, Lens, [Element])? {
        guard let recognition, let lens = fields.first(where: { $0.attribute == recognition.attribute }) else {
            return nil
        }
        let strangers = elements(root).filter { !recognition.isNamed($0) }
        return strangers.isEmpty ? nil : (recognition, lens, strangers)
    }
}

extension LensTable {
    /// See `ListLens`.
    func recognise(_ defined: Element, in running: Element) {
        for list in lists { list.recognise(defined, in: running) }
    }
}
