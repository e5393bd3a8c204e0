/// A node of a template.
indirect enum TemplateNode: Sendable {
    case text(Range<Int>)
    case action(Pipeline)
    /// The first clause that holds, or what stands for none.
    case branch([Clause], otherwise: [TemplateNode])
    case loop(Pipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case leave
    case next

    /// `if`, `else if` or `with`.
    struct Clause: Sendable {
        let pipeline: Pipeline
        /// The dot becomes the value (`with`).
        let movesDot: Bool
        let body: [TemplateNode]
    }
}

/// Commands of which each gets the former's value as its last argument.
struct Pipeline: Sendable {
    /// Variables that get the value: two for a key and a value of `range`.
    var variables: [String] = []
    /// They were declared before (`=`).
    var assigns = false
    var commands: [Command] = []
    let offset: Int
}

/// A function with its arguments, or one operand.
struct Command: Sendable {
    let operands: [Operand]
    let offset: Int
}

/// A value, and the fields that are taken of it.
struct Operand: Sendable {
    indirect enum Base: Sendable {
        case literal(TemplateValue)
        case dot
        case variable(String)
        case function(String)
        case pipeline(Pipeline)
    }

    struct Field: Sendable {
        let name: String
        let offset: Int
    }

    let base: Base
    var fields: [Field] = []
    let offset: Int

    var isFunction: Bool { if case .function = base { true } else { false } }
}
