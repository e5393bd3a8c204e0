/// The version of rigaud; `CHANGELOG.md` says what each brought.
let rigaudVersion = "0.1.0"
