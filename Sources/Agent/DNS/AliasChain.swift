/// The way from a name to the records of a type within one answer, along its CNAME records.
enum AliasChain {
  /// More aliases than this one behind the other are as good as a loop.
  static let mostAliases = 16

  /// Where the way ended.
  struct Walk {
    var end: DomainName
    var aliases: [ResourceRecord] = []
    /// Empty where the answer ends with an alias, or has nothing at all.
    var records: [ResourceRecord] = []
  }

  /// - Parameter visited: the names that were passed before; those passed now are added.
  /// - Returns: `nil` where a name comes up again, or the way is too long.
  static func walk(
    from name: DomainName, to type: RecordType, in answers: [ResourceRecord],
    visited: inout [DomainName]
  ) -> Walk? {
    var walk = Walk(end: name)
    while true {
      let here = answers.filter {
        $0.name == walk.end && $0.recordClass == ResourceRecord.internet
      }
      walk.records = here.filter { $0.type == type || type == .any }
      guard walk.records.isEmpty, let alias = here.first(where: { $0.type == .cname }),
        case .name(let target) = alias.data
      else { return walk }
      guard !visited.contains(target), visited.count <= mostAliases else { return nil }
      visited.append(target)
      walk.aliases.append(alias)
      walk.end = target
    }
  }
}
