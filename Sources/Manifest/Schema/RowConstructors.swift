// One for each type of field, so that a row of the schema reads as a line or two.

func text(
    _ path: String, as rule: TextRule = .any, also: [Spelling] = [], required: Bool = false,
    default fallback: String? = nil, _ verdict: Verdict, _ doc: String
) -> Row { Row(path, .text(rule), also, required, fallback, verdict, doc) }

func word(
    _ path: String, _ words: [Word], also: [Spelling] = [], required: Bool = false, default fallback: String? = nil,
    _ verdict: Verdict, _ doc: String
) -> Row { Row(path, .word(words), also, required, fallback, verdict, doc) }

func flag(
    _ path: String, also: [Spelling] = [], default fallback: String? = nil, _ verdict: Verdict, _ doc: String
) -> Row { Row(path, .flag, also, false, fallback, verdict, doc) }

func integer(
    _ path: String, _ range: ClosedRange<Int64>, also: [Spelling] = [], required: Bool = false,
    default fallback: String? = nil, _ verdict: Verdict, _ doc: String
) -> Row { Row(path, .integer(range), also, required, fallback, verdict, doc) }

func quantity(
    _ path: String, atLeast least: Int64 = 1, unit: Int64 = 1, also: [Spelling] = [], required: Bool = false,
    default fallback: String? = nil, _ verdict: Verdict, _ doc: String
) -> Row { Row(path, .quantity(atLeast: least, unit: unit), also, required, fallback, verdict, doc) }

func duration(_ path: String, default fallback: String? = nil, _ verdict: Verdict, _ doc: String) -> Row {
    Row(path, .duration, [], false, fallback, verdict, doc)
}

func reference(
    _ path: String, to kind: String, also: [Spelling] = [], _ verdict: Verdict, _ doc: String
) -> Row { Row(path, .reference(kind), also, false, nil, verdict, doc) }

func texts(
    _ path: String, as rule: TextRule = .any, also: [Spelling] = [], _ verdict: Verdict, _ doc: String
) -> Row { Row(path, .texts(rule), also, false, nil, verdict, doc) }

func dictionary(_ path: String, _ verdict: Verdict, _ doc: String) -> Row {
    Row(path, .dictionary, [], false, nil, verdict, doc)
}

func timers(_ path: String, _ verdict: Verdict, _ doc: String) -> Row {
    Row(path, .timers, [], false, nil, verdict, doc)
}

func anything(_ path: String, also: [Spelling] = [], _ verdict: Verdict, _ doc: String) -> Row {
    Row(path, .any, also, false, nil, verdict, doc)
}

func list(
    _ path: String, atMost: Int = 1000, _ verdict: Verdict, _ doc: String, @RowBuilder _ rows: () -> [Row]
) -> Row { Row(path, .list(Scope(rows()), atMost: atMost), [], false, nil, verdict, doc) }

extension Row {
    fileprivate init(
        _ path: String, _ type: FieldType, _ also: [Spelling], _ isRequired: Bool, _ fallback: String?,
        _ verdict: Verdict, _ doc: String
    ) {
        self.init(
            path: path, type: type, isRequired: isRequired, fallback: fallback, also: also, verdict: verdict, doc: doc)
    }
}
